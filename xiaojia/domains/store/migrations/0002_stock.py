"""Stock moves by its moves alone: inserting a move adds it to the goods' stock in the same statement.

The serving role may not write `stock`. The row of the goods is locked by that UPDATE, and a stock below zero
is refused by its CHECK, whatever the code above looked at.
"""

from django.db import migrations

MOVE = """
CREATE FUNCTION store_move_stock() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE store_goods SET stock = stock + NEW.delta WHERE id = NEW.goods_id AND community_id = NEW.community_id;
  IF NOT FOUND THEN RAISE foreign_key_violation USING MESSAGE = 'no such goods'; END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER move_stock AFTER INSERT ON store_stockmove FOR EACH ROW EXECUTE FUNCTION store_move_stock();
"""
REVOKE = """
DO $$ DECLARE grantee_name text; BEGIN
  FOR grantee_name IN
    SELECT DISTINCT acl.grantee::regrole::text FROM pg_class c, aclexplode(c.relacl) acl
    WHERE c.oid = 'store_goods'::regclass AND acl.grantee NOT IN (0, c.relowner)
  LOOP
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON store_goods FROM %s', grantee_name);
    EXECUTE format('GRANT UPDATE (number, name, sort_key, unit, is_on_sale) ON store_goods TO %s', grantee_name);
  END LOOP;
END $$;
"""
BACK = "DROP TRIGGER move_stock ON store_stockmove; DROP FUNCTION store_move_stock;"


class Migration(migrations.Migration):

    dependencies = [("store", "0001_initial")]

    operations = [migrations.RunSQL(MOVE + REVOKE, BACK)]
