"""Keys of tills, and the door for one statement: who is it, may it now, and from here on its community is open.

`cases_enter_by_key` runs with the rights of whoever calls. It counts the request in the same counter as
`kernel.limits` (`api:<account>`), notes the day of use, and writes the scope as `kernel.tenancy.enter` does:
for the running transaction only.
"""

from django.db import migrations, models

ENTER = """
CREATE FUNCTION cases_enter_by_key(
  p_digest bytea, p_role text, p_most int, p_on date, p_at timestamptz,
  OUT o_outcome text, OUT o_community bigint, OUT o_account bigint)
LANGUAGE plpgsql AS $$
DECLARE v_key record; v_count bigint;
BEGIN
  SELECT id, community_id, last_used_on INTO v_key FROM cases_apikey
    WHERE digest = p_digest AND ended_at IS NULL AND role = p_role;
  IF NOT FOUND THEN o_outcome := 'stranger'; RETURN; END IF;
  o_community := v_key.community_id;
  o_account := -v_key.id;
  INSERT INTO django_cache AS c (cache_key, value, expires)
  VALUES (':1:limit:' || encode(sha256(convert_to('api:' || o_account, 'UTF8')), 'hex'), '1',
    p_at + interval '1 minute')
  ON CONFLICT (cache_key) DO UPDATE
  SET value = CASE WHEN c.expires <= p_at THEN '1' ELSE (c.value::bigint + 1)::text END,
      expires = CASE WHEN c.expires <= p_at THEN excluded.expires ELSE c.expires END
  RETURNING value::bigint INTO v_count;
  IF v_count > p_most THEN o_outcome := 'many'; RETURN; END IF;
  IF v_key.last_used_on IS DISTINCT FROM p_on THEN
    UPDATE cases_apikey SET last_used_on = p_on WHERE id = v_key.id;
  END IF;
  PERFORM set_config('app.communities', '{' || o_community || '}', true), set_config('app.wide', 'on', true),
    set_config('app.households', '{}', true), set_config('app.microgrids', '{}', true);
  o_outcome := 'in';
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [("cases", "0005_outside_pages")]

    operations = [
        migrations.AlterField(
            model_name="apikey",
            name="role",
            field=models.CharField(
                choices=[("resident", "Resident"), ("officer", "Officer"), ("clerk", "Clerk")],
                default="resident",
                max_length=16,
            ),
        ),
        migrations.RunSQL(ENTER, "DROP FUNCTION cases_enter_by_key;"),
    ]
