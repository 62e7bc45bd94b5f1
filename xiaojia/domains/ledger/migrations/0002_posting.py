"""The functions that move points. They alone may write accounts, transactions, entries and holds.

They run as the owner of the tables (SECURITY DEFINER); the serving role keeps SELECT. Each looks first
whether the community is in the scope of whoever asks. The wallet's row is the lock: every path takes it
before it looks at anything, so that what follows is decided one by one. No path locks two wallets.
"""

from django.db import migrations

OPEN = """
CREATE FUNCTION ledger_open(p_community bigint, p_kind text, p_member bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_id bigint; v_is_wallet boolean := p_kind IN ('person', 'family');
BEGIN
  PERFORM ledger_within(p_community);
  IF v_is_wallet AND NOT EXISTS (
    SELECT FROM ledger_member WHERE id = p_member AND community_id = p_community) THEN
    RAISE foreign_key_violation USING MESSAGE = 'no such member';
  END IF;
  INSERT INTO ledger_account (community_id, kind, member_id, balance, held)
  VALUES (p_community, p_kind, p_member, CASE WHEN v_is_wallet THEN 0 END, 0)
  ON CONFLICT DO NOTHING RETURNING id INTO v_id;
  IF v_id IS NULL THEN
    SELECT id INTO v_id FROM ledger_account WHERE community_id = p_community AND kind = p_kind
      AND member_id IS NOT DISTINCT FROM p_member;
  END IF;
  RETURN v_id;
END $$;
"""
WITHIN = """
CREATE FUNCTION ledger_within(p_community bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_community IS NULL OR NOT p_community = ANY (app_communities()) THEN
    RAISE insufficient_privilege USING MESSAGE = 'this community is outside the scope';
  END IF;
END $$;
"""
POST = """
CREATE FUNCTION ledger_post(
  p_community bigint, p_request uuid, p_kind text, p_account bigint, p_points bigint,
  p_source_type text, p_source_id text, p_rule_version bigint, p_reverses bigint, p_happened_on date,
  p_actor bigint, p_reason text, p_at timestamptz,
  OUT o_outcome text, OUT o_id bigint, OUT o_balance bigint, OUT o_shortfall bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_hash bytea := sha256(convert_to(concat_ws(chr(31), p_kind, p_account, p_points, p_source_type, p_source_id,
    coalesce(p_rule_version, 0), coalesce(p_reverses, 0), p_happened_on, p_reason), 'UTF8'));
  v_wallet record; v_before record; v_gives boolean; v_part bigint := p_points; v_other text; v_other_id bigint;
BEGIN
  PERFORM ledger_within(p_community);
  SELECT balance, held INTO v_wallet FROM ledger_account
    WHERE id = p_account AND community_id = p_community AND balance IS NOT NULL FOR UPDATE;
  IF NOT FOUND THEN RAISE foreign_key_violation USING MESSAGE = 'no such wallet'; END IF;
  o_shortfall := 0;
  SELECT * INTO v_before FROM ledger_said(p_community, p_request, v_hash);
  IF v_before.o_outcome IS NOT NULL THEN
    o_outcome := v_before.o_outcome; o_id := v_before.o_id; o_balance := v_before.o_balance;
    RETURN;
  END IF;
  v_gives := p_kind = 'award';
  v_other := CASE p_kind WHEN 'award' THEN 'issuer' WHEN 'redeem' THEN 'store' WHEN 'donate' THEN 'fund'
    WHEN 'expiry' THEN 'expired' END;
  IF p_kind = 'reversal' THEN
    SELECT * INTO v_before FROM ledger_transaction WHERE id = p_reverses AND community_id = p_community;
    IF NOT FOUND OR v_before.kind NOT IN ('award', 'redeem') OR v_before.refusal <> ''
      OR v_before.account_id <> p_account OR v_before.points <> p_points THEN
      RAISE check_violation USING MESSAGE = 'a reversal takes back exactly one award or redemption';
    END IF;
    v_gives := v_before.kind = 'redeem';
    v_other := CASE v_before.kind WHEN 'redeem' THEN 'store' ELSE 'issuer' END;
  END IF;
  IF NOT v_gives THEN
    v_part := least(p_points, v_wallet.balance - v_wallet.held);
    IF v_part < p_points AND p_kind <> 'reversal' THEN o_outcome := 'lack'; END IF;
  END IF;
  INSERT INTO ledger_transaction (community_id, account_id, kind, points, source_type, source_id, request_id,
    body_hash, rule_version_id, reverses_id, happened_on, created_at, actor_id, reason, refusal)
  VALUES (p_community, p_account, p_kind, p_points, p_source_type, p_source_id, p_request, v_hash,
    p_rule_version, p_reverses, p_happened_on, p_at, p_actor, p_reason, coalesce(o_outcome, ''))
  ON CONFLICT DO NOTHING RETURNING id INTO o_id;
  IF o_id IS NULL THEN
    SELECT * INTO v_before FROM ledger_said(p_community, p_request, v_hash);
    o_outcome := v_before.o_outcome; o_id := v_before.o_id; o_balance := v_wallet.balance;
    IF o_outcome IS NULL THEN
      o_outcome := 'paid';
      SELECT id INTO o_id FROM ledger_transaction WHERE refusal = '' AND account_id = p_account
        AND (source_type = p_source_type AND source_id = p_source_id OR reverses_id = p_reverses);
    END IF;
    RETURN;
  END IF;
  IF o_outcome = 'lack' THEN o_balance := v_wallet.balance - v_wallet.held; RETURN; END IF;
  SELECT id INTO v_other_id FROM ledger_account
    WHERE community_id = p_community AND kind = v_other AND member_id IS NULL;
  IF v_other_id IS NULL THEN v_other_id := ledger_open(p_community, v_other, NULL); END IF;
  o_outcome := 'posted';
  o_balance := v_wallet.balance + CASE WHEN v_gives THEN v_part ELSE -v_part END;
  o_shortfall := p_points - v_part;
  IF v_part > 0 THEN
    UPDATE ledger_account SET balance = o_balance WHERE id = p_account;
    INSERT INTO ledger_entry (community_id, transaction_id, account_id, amount, balance_after) VALUES
      (p_community, o_id, p_account, CASE WHEN v_gives THEN v_part ELSE -v_part END, o_balance),
      (p_community, o_id, v_other_id, CASE WHEN v_gives THEN -v_part ELSE v_part END, NULL);
  END IF;
  IF o_shortfall > 0 THEN
    -- Spent before it was found wrong: the fund bears it, never the person.
    INSERT INTO ledger_entry (community_id, transaction_id, account_id, amount, balance_after) VALUES
      (p_community, o_id, ledger_open(p_community, 'fund', NULL), -o_shortfall, NULL),
      (p_community, o_id, v_other_id, o_shortfall, NULL);
  END IF;
END $$;
"""
SAID = """
CREATE FUNCTION ledger_said(
  p_community bigint, p_request uuid, p_hash bytea,
  OUT o_outcome text, OUT o_id bigint, OUT o_balance bigint)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE v record;
BEGIN
  SELECT id, body_hash, refusal, account_id INTO v FROM ledger_transaction
    WHERE community_id = p_community AND request_id = p_request;
  IF NOT FOUND THEN RETURN; END IF;
  IF v.body_hash <> p_hash THEN o_outcome := 'conflict'; RETURN; END IF;
  o_id := v.id;
  o_outcome := CASE WHEN v.refusal = '' THEN 'again' ELSE v.refusal END;
  SELECT balance_after INTO o_balance FROM ledger_entry WHERE transaction_id = v.id AND account_id = v.account_id;
END $$;
"""
HOLD = """
CREATE FUNCTION ledger_hold(
  p_community bigint, p_request uuid, p_account bigint, p_points bigint, p_source_type text, p_source_id text,
  p_expires_at timestamptz, p_actor bigint, p_at timestamptz,
  OUT o_outcome text, OUT o_id bigint, OUT o_balance bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_hash bytea := sha256(convert_to(concat_ws(chr(31), 'hold', p_account, p_points, p_source_type, p_source_id),
    'UTF8'));
  v_wallet record; v_before record;
BEGIN
  PERFORM ledger_within(p_community);
  SELECT balance, held INTO v_wallet FROM ledger_account
    WHERE id = p_account AND community_id = p_community AND balance IS NOT NULL FOR UPDATE;
  IF NOT FOUND THEN RAISE foreign_key_violation USING MESSAGE = 'no such wallet'; END IF;
  o_balance := v_wallet.balance - v_wallet.held;
  INSERT INTO ledger_hold (community_id, account_id, points, state, source_type, source_id, request_id,
    body_hash, created_at, expires_at, actor_id)
  SELECT p_community, p_account, p_points, CASE WHEN o_balance < p_points THEN 'refused' ELSE 'held' END,
    p_source_type, p_source_id, p_request, v_hash, p_at, p_expires_at, p_actor
  ON CONFLICT DO NOTHING RETURNING id, state INTO v_before;
  IF v_before.id IS NOT NULL THEN
    o_id := v_before.id;
    o_outcome := CASE v_before.state WHEN 'refused' THEN 'lack' ELSE 'held' END;
    IF o_outcome = 'held' THEN
      UPDATE ledger_account SET held = held + p_points WHERE id = p_account;
      o_balance := o_balance - p_points;
    END IF;
    RETURN;
  END IF;
  SELECT id, body_hash, state INTO v_before FROM ledger_hold
    WHERE community_id = p_community AND request_id = p_request;
  IF NOT FOUND THEN
    o_outcome := 'paid';
    SELECT id INTO o_id FROM ledger_hold WHERE source_type = p_source_type AND source_id = p_source_id
      AND state IN ('held', 'posted');
  ELSIF v_before.body_hash <> v_hash THEN
    o_outcome := 'conflict';
  ELSE
    o_id := v_before.id;
    o_outcome := CASE v_before.state WHEN 'refused' THEN 'lack' ELSE 'again' END;
  END IF;
END $$;
"""
END_HOLD = """
CREATE FUNCTION ledger_collect(
  p_community bigint, p_hold bigint, p_happened_on date, p_actor bigint, p_reason text, p_at timestamptz,
  OUT o_outcome text, OUT o_id bigint, OUT o_balance bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_hold record; v_done record;
BEGIN
  PERFORM ledger_within(p_community);
  PERFORM FROM ledger_account WHERE community_id = p_community AND id =
    (SELECT account_id FROM ledger_hold WHERE id = p_hold AND community_id = p_community) FOR UPDATE;
  IF NOT FOUND THEN RAISE foreign_key_violation USING MESSAGE = 'no such hold'; END IF;
  SELECT * INTO v_hold FROM ledger_hold WHERE id = p_hold FOR UPDATE;
  IF v_hold.state = 'held' AND v_hold.expires_at <= p_at THEN
    PERFORM ledger_void(p_community, p_hold, p_actor, p_at);
    o_outcome := 'void';
    RETURN;
  END IF;
  IF v_hold.state <> 'held' THEN
    o_outcome := CASE v_hold.state WHEN 'posted' THEN 'again' ELSE 'void' END;
    o_id := v_hold.transaction_id;
    RETURN;
  END IF;
  UPDATE ledger_account SET held = held - v_hold.points WHERE id = v_hold.account_id;
  SELECT * INTO v_done FROM ledger_post(p_community, v_hold.request_id, 'redeem', v_hold.account_id,
    v_hold.points, v_hold.source_type, v_hold.source_id, NULL, NULL, p_happened_on, p_actor, p_reason, p_at);
  IF v_done.o_outcome <> 'posted' THEN
    RAISE check_violation USING MESSAGE = 'a hold is posted with its own source and request';
  END IF;
  UPDATE ledger_hold SET state = 'posted', ended_at = p_at, transaction_id = v_done.o_id WHERE id = p_hold;
  o_outcome := 'posted'; o_id := v_done.o_id; o_balance := v_done.o_balance;
END $$;
CREATE FUNCTION ledger_void(
  p_community bigint, p_hold bigint, p_actor bigint, p_at timestamptz,
  OUT o_outcome text, OUT o_id bigint, OUT o_balance bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_hold record;
BEGIN
  PERFORM ledger_within(p_community);
  PERFORM FROM ledger_account WHERE community_id = p_community AND id =
    (SELECT account_id FROM ledger_hold WHERE id = p_hold AND community_id = p_community) FOR UPDATE;
  IF NOT FOUND THEN RAISE foreign_key_violation USING MESSAGE = 'no such hold'; END IF;
  SELECT * INTO v_hold FROM ledger_hold WHERE id = p_hold FOR UPDATE;
  o_id := p_hold;
  IF v_hold.state <> 'held' THEN
    o_outcome := CASE v_hold.state WHEN 'posted' THEN 'posted' ELSE 'again' END;
    RETURN;
  END IF;
  UPDATE ledger_account SET held = held - v_hold.points WHERE id = v_hold.account_id
    RETURNING balance - held INTO o_balance;
  UPDATE ledger_hold SET state = 'void', ended_at = p_at WHERE id = p_hold;
  o_outcome := 'void';
END $$;
"""
REVOKE = """
DO $$ DECLARE grantee_name text; table_name text; BEGIN
  FOREACH table_name IN ARRAY ARRAY['ledger_account', 'ledger_transaction', 'ledger_entry', 'ledger_hold'] LOOP
    FOR grantee_name IN
      SELECT DISTINCT acl.grantee::regrole::text FROM pg_class c, aclexplode(c.relacl) acl
      WHERE c.oid = table_name::regclass AND acl.grantee NOT IN (0, c.relowner)
    LOOP
      EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON %I FROM %s', table_name, grantee_name);
    END LOOP;
  END LOOP;
END $$;
"""
# The row of a transaction and of an entry is refused to the owner too: what was written stays.
UNCHANGING = """
CREATE FUNCTION ledger_unchanging() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE insufficient_privilege USING MESSAGE = 'what the ledger wrote stays: correct it by a reversal'; END $$;
CREATE TRIGGER unchanging BEFORE UPDATE OR DELETE ON ledger_transaction
  FOR EACH ROW EXECUTE FUNCTION ledger_unchanging();
CREATE TRIGGER unchanging BEFORE UPDATE OR DELETE ON ledger_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_unchanging();
"""
BACK = """
DROP TRIGGER unchanging ON ledger_entry;
DROP TRIGGER unchanging ON ledger_transaction;
DROP FUNCTION ledger_unchanging, ledger_collect, ledger_void, ledger_hold, ledger_post, ledger_said,
  ledger_open, ledger_within;
"""


class Migration(migrations.Migration):

    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.RunSQL(WITHIN + OPEN + SAID + POST + HOLD + END_HOLD + REVOKE + UNCHANGING, BACK),
    ]
