"""A till posts in one statement: its key, its limit, its scope, goods, points and both audit rows.

These functions have no rights of their own (SECURITY INVOKER): row-level security holds inside them, and points
still move by `ledger_post` alone. They do what `actions.redeem_goods` and `ledger.actions.donate` do for a page,
in the same order of locks (goods, wallet), so that pages and tills may stand at one shelf.
"""

from django.db import migrations

AUDIT = """
CREATE FUNCTION store_till_audit(
  p_community bigint, p_account bigint, p_at timestamptz, p_verbs text[], p_kinds text[], p_ids bigint[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO kernel_auditentry
    (community_id, at, account_id, role, verb, kind, object_ids, object_count, object_hash, detail_hash)
  SELECT p_community, p_at, p_account, 'clerk', w.verb, w.kind, ARRAY[w.id::text], 1,
    sha256(convert_to('["' || w.id || '"]', 'UTF8')), ''
  FROM unnest(p_verbs, p_kinds, p_ids) AS w (verb, kind, id);
END $$;
"""
WALLET = """
CREATE FUNCTION store_till_wallet(p_community bigint, p_passbook text, OUT o_member bigint, OUT o_wallet bigint)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  SELECT a.member_id, a.id INTO o_member, o_wallet
    FROM ledger_passbook b JOIN ledger_account a ON a.member_id = b.member_id
    WHERE b.community_id = p_community AND b.number = p_passbook AND b.lost_on IS NULL
      AND a.community_id = p_community AND a.balance IS NOT NULL;
END $$;
"""
SAID = """
CREATE FUNCTION store_till_said(
  p_community bigint, p_request uuid, p_kind text, p_wallet bigint, p_points bigint, p_reason text,
  OUT o_outcome text, OUT o_id bigint)
LANGUAGE plpgsql STABLE AS $$
DECLARE v record;
BEGIN
  -- The ledger's own hash has the day and the price in it; a till that asks again tomorrow says neither.
  SELECT id, refusal INTO v FROM ledger_transaction
    WHERE community_id = p_community AND request_id = p_request AND kind = p_kind AND account_id = p_wallet
      AND points = coalesce(p_points, points) AND reason = p_reason;
  o_outcome := CASE WHEN v.id IS NULL THEN 'conflict' WHEN v.refusal = '' THEN 'again' ELSE v.refusal END;
  o_id := v.id;
END $$;
"""
DONATE = """
CREATE FUNCTION store_till_donate(
  p_digest bytea, p_request uuid, p_passbook text, p_points bigint, p_most int, p_on date, p_at timestamptz,
  OUT o_outcome text, OUT o_id bigint, OUT o_transaction bigint, OUT o_points bigint)
LANGUAGE plpgsql AS $$
DECLARE v_key record; v_who record; v_post record;
BEGIN
  SELECT * INTO v_key FROM cases_enter_by_key(p_digest, 'clerk', p_most, p_on, p_at);
  o_outcome := v_key.o_outcome;
  IF o_outcome <> 'in' THEN RETURN; END IF;
  SELECT * INTO v_who FROM store_till_wallet(v_key.o_community, p_passbook);
  IF v_who.o_wallet IS NULL THEN o_outcome := 'no_passbook'; RETURN; END IF;
  SELECT * INTO v_post FROM ledger_post(v_key.o_community, p_request, 'donate', v_who.o_wallet, p_points,
    'donation', p_request::text, NULL, NULL, p_on, v_key.o_account, '', p_at);
  IF v_post.o_outcome = 'conflict' THEN
    SELECT s.o_outcome, s.o_id INTO v_post.o_outcome, v_post.o_id
      FROM store_till_said(v_key.o_community, p_request, 'donate', v_who.o_wallet, p_points, '') s;
  END IF;
  o_outcome := v_post.o_outcome;
  o_id := v_post.o_id;
  o_transaction := v_post.o_id;
  o_points := p_points;
  IF o_outcome = 'posted' THEN
    PERFORM store_till_audit(v_key.o_community, v_key.o_account, p_at, '{donate}', '{transaction}', ARRAY[o_id]);
  END IF;
END $$;
"""
REDEEM = """
CREATE FUNCTION store_till_redeem(
  p_digest bytea, p_request uuid, p_passbook text, p_goods int, p_quantity int, p_most int, p_on date,
  p_at timestamptz,
  OUT o_outcome text, OUT o_id bigint, OUT o_transaction bigint, OUT o_points bigint)
LANGUAGE plpgsql AS $$
DECLARE
  v_key record; v_who record; v_goods record; v_before record; v_price record; v_post record; v_body bytea;
  v_reason text;
BEGIN
  SELECT * INTO v_key FROM cases_enter_by_key(p_digest, 'clerk', p_most, p_on, p_at);
  o_outcome := v_key.o_outcome;
  IF o_outcome <> 'in' THEN RETURN; END IF;
  SELECT * INTO v_who FROM store_till_wallet(v_key.o_community, p_passbook);
  IF v_who.o_wallet IS NULL THEN o_outcome := 'no_passbook'; RETURN; END IF;
  SELECT id, name, stock, is_on_sale INTO v_goods FROM store_goods
    WHERE community_id = v_key.o_community AND number = p_goods FOR UPDATE;
  IF NOT FOUND THEN o_outcome := 'no_goods'; RETURN; END IF;
  v_body := sha256(convert_to(concat_ws(chr(31), 'False', v_who.o_member, v_goods.id, p_quantity, 'counter', ''),
    'UTF8'));
  SELECT id, transaction_id, points, body_hash INTO v_before FROM store_redemption
    WHERE community_id = v_key.o_community AND request_id = p_request;
  IF FOUND THEN
    o_outcome := CASE WHEN v_before.body_hash = v_body THEN 'again' ELSE 'conflict' END;
    IF o_outcome = 'again' THEN
      o_id := v_before.id; o_transaction := v_before.transaction_id; o_points := v_before.points;
    END IF;
    RETURN;
  END IF;
  v_reason := v_goods.name || ' × ' || p_quantity;
  SELECT id, points INTO v_price FROM store_price
    WHERE goods_id = v_goods.id AND valid_from_on <= p_on ORDER BY valid_from_on DESC LIMIT 1;
  o_points := v_price.points * p_quantity;
  o_outcome := CASE WHEN v_price.id IS NULL OR NOT v_goods.is_on_sale THEN 'off_sale'
    WHEN v_goods.stock < p_quantity THEN 'few' END;
  IF o_outcome IS NOT NULL THEN RETURN; END IF;
  SELECT * INTO v_post FROM ledger_post(v_key.o_community, p_request, 'redeem', v_who.o_wallet, o_points,
    'redemption', p_request::text, NULL, NULL, p_on, v_key.o_account, v_reason, p_at);
  IF v_post.o_outcome = 'conflict' THEN
    SELECT s.o_outcome INTO v_post.o_outcome
      FROM store_till_said(v_key.o_community, p_request, 'redeem', v_who.o_wallet, NULL, v_reason) s;
  END IF;
  o_outcome := v_post.o_outcome;
  IF o_outcome <> 'posted' THEN RETURN; END IF;
  o_transaction := v_post.o_id;
  INSERT INTO store_redemption (community_id, member_id, goods_id, price_id, quantity, points, way, proxy_name,
    note, state, pickup_code, request_id, body_hash, transaction_id, created_at, collected_on, ended_at,
    paper_line, served_by_id)
  VALUES (v_key.o_community, v_who.o_member, v_goods.id, v_price.id, p_quantity, o_points, 'counter', '', '',
    'collected', '', p_request, v_body, o_transaction, p_at, p_on, p_at, '', v_key.o_account)
  RETURNING id INTO o_id;
  INSERT INTO store_stockmove (community_id, goods_id, delta, reason, redemption_id, happened_on, at, actor_id, note)
  VALUES (v_key.o_community, v_goods.id, -p_quantity, 'taken', o_id, p_on, p_at, v_key.o_account, '');
  PERFORM store_till_audit(v_key.o_community, v_key.o_account, p_at, '{redeem,redeem_goods}',
    '{transaction,redemption}', ARRAY[o_transaction, o_id]);
END $$;
"""
BACK = """
DROP FUNCTION store_till_redeem, store_till_donate, store_till_said, store_till_wallet, store_till_audit;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("store", "0002_stock"), ("ledger", "0002_posting"), ("cases", "0006_key_of_a_till"),
        ("kernel", "0001_initial"),
    ]  # fmt: skip

    operations = [migrations.RunSQL(AUDIT + WALLET + SAID + DONATE + REDEEM, BACK)]
