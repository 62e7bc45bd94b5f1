"""The view log may not be changed; what is older than its purpose (1,098 days) leaves by this function only.

It runs as the owner and looks at the scope itself; whatever is asked, nothing younger goes.
"""

from django.db import migrations

FORGET = """
CREATE FUNCTION people_forget_views(p_before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_count bigint;
BEGIN
  IF NOT app_wide() THEN RETURN 0; END IF;
  DELETE FROM people_viewlog WHERE community_id = ANY(app_communities())
    AND at < least(p_before, now() - interval '1098 days');
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0003_viewlog_of_a_year")]

    operations = [migrations.RunSQL(FORGET, "DROP FUNCTION people_forget_views(timestamptz);")]
