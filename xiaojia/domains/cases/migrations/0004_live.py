from django.db import migrations

SQL = """
CREATE FUNCTION cases_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('xiaojia_live', json_build_object(
    'id', NEW.id, 'c', NEW.community_id,
    'm', CASE WHEN TG_OP = 'UPDATE' THEN OLD.microgrid_ids || NEW.microgrid_ids ELSE NEW.microgrid_ids END,
    's', NEW.is_confidential AND (TG_OP = 'INSERT' OR OLD.is_confidential))::text);
  RETURN NULL;
END $$;
CREATE TRIGGER tell AFTER INSERT OR UPDATE ON cases_case FOR EACH ROW EXECUTE FUNCTION cases_tell();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0003_photos'),
    ]

    operations = [
        migrations.RunSQL(SQL, "DROP TRIGGER tell ON cases_case; DROP FUNCTION cases_tell();"),
    ]
