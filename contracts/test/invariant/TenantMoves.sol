// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Amendment, CloseReason, Lease, Offer, Request, Terms, Usage, UsageReceipt} from "../../src/types/Lease.sol";
import {World} from "./World.sol";

/// @title What tenants do: ask, take back, pay in, agree, change their mind, leave, dispute for no reason.
abstract contract TenantMoves is World {
    /// @dev An order may be used again and again, by a tenant with little money too.
    function matchOrders(uint256 a, uint256 b, uint256 c) external looked {
        if (known.length >= MAX_LEASES) return;
        uint256 d = a % DATACENTERS;
        (Offer memory o, Request memory r) = _orders(d, b % TENANTS, b);
        r.durationSeconds = uint32(bound(c, 1, 8 hours));
        o.arbiter = r.arbiter = c % 3 == 0 ? address(0) : arbiter;
        r.app = c % 2 == 0 ? app : bytes32(0);
        r.salt = a % 2 == 0 ? 0 : ++salt;
        o.salt = c % 4;
        if (_submit(d, o, r, b % TENANTS, a % 8 < 5)) _done();
    }

    function _orders(uint256 d, uint256 t, uint256 b) internal view returns (Offer memory o, Request memory r) {
        (o, r) = (_offer(), _request());
        (o.provider, o.token, r.token, r.tenant) = (providers[d], _coin(d), _coin(d), tenants[t]);
        r.callback = t == CLIENT;
        (o.volume, r.fills, o.maxRoyaltyBps) = (3, 2, 3000);
        (o.activationSeconds, r.maxActivationSeconds) = (600, 600);
        // Alive, however long the run has lasted, and the same from one move to the next.
        o.expiresAt = r.expiresAt = START + 30 days * (2 + (uint40(block.timestamp) - START) / 30 days);
        (o.counter, r.counter) = (market.counterOf(o.provider), market.counterOf(r.tenant));
        if (b % 5 == 0) (o.startFee, r.maxStartFee, o.reservationFee, r.maxReservationFee) = (1e6, 1e6, 1e5, 1e5);
        if (b % 4 == 0) (o.downtimeBps, r.minDowntimeBps) = (10_000, 5_000);
        // From the least that is accepted on: escrow that runs dry is the interesting case.
        r.deposit = uint96(bound(b, RATE * NOTICE + MIN_CHARGE + 1e6 + 10_000, b % 3 == 0 ? DEPOSIT : 50e6));
    }

    function _submit(uint256 d, Offer memory o, Request memory r, uint256 t, bool activate_) internal returns (bool done) {
        bytes32 offered = market.offerHash(o);
        bytes32 requested = market.requestHash(r);
        bool dead = market.cancelled(offered) || market.cancelled(requested) || block.timestamp > o.expiresAt;
        bytes memory signature = _signAs(t, requested);
        vm.recordLogs();
        vm.prank(operators[d]);
        try market.matchOrders(o, "", r, signature, "") returns (bytes32 id) {
            vm.assertFalse(dead, "11: a dead order matched");
            _remember();
            _rememberOrder(offered, o.volume);
            _rememberOrder(requested, r.fills);
            done = true;
            if (!activate_) return true;
            vm.prank(operators[d]);
            manager.activate(id, termsOf[known.length - 1]);
        } catch {}
    }

    function cancel(uint256 a, uint256 i) external {
        if (a % 8 == 0) {
            vm.prank(_account(i));
            market.raiseCounter();
            return _done();
        }
        Offer memory o = _offer();
        (o.volume, o.salt, o.counter) = (3, i % 4, market.counterOf(provider));
        vm.prank(a % 2 == 0 ? operator : _account(a));
        try market.cancelOffer(o) {
            vm.assertTrue(market.cancelled(market.offerHash(o)), "11: cancelled");
            _done();
        } catch {}
    }

    function topUp(uint256 i, uint256 who, uint256 seed) external looked {
        if (known.length == 0) return;
        i %= known.length;
        uint96 amount = uint96(bound(seed, 1, 100e6));
        vm.prank(_account(who));
        try manager.topUp(known[i].id, termsOf[i], amount, "") {
            known[i].funded += amount;
            _done();
        } catch {}
    }

    function closeByTenant(uint256 i) external looked {
        if (known.length == 0) return;
        i %= known.length;
        vm.prank(termsOf[i].tenant);
        try manager.close(known[i].id, termsOf[i], CloseReason.None) {
            _done();
        } catch {}
    }

    /// @dev The tenant's word comes with the receipt, or after it, from itself or from a session key.
    function countersign(uint256 i, uint256 claim, uint256 back, uint256 isFinal, uint256 later) external looked {
        if (known.length == 0) return;
        _pass(claim);
        i = _pickRunning(i);
        UsageReceipt memory r = _claimOf(i, claim, back, isFinal % 2 == 1);
        uint256 worth = _worthOf(i, r);
        bytes memory signature = claim % 3 == 0
            ? _sign(SESSION_KEY, manager.receiptHash(r))
            : _signAs(_tenantOf(i), manager.receiptHash(r));
        vm.prank(operators[known[i].datacenter]);
        try manager.settle(termsOf[i], r, "", later % 2 == 1 ? bytes("") : signature) {
            _noteWorth(i, worth);
            if (later % 2 == 0) return _done();
            try manager.countersign(termsOf[i], r, signature) {
                _done();
            } catch {}
        } catch {}
    }

    function setSessionKey(uint256 t, uint256 allowed) external {
        vm.prank(tenants[t % TENANTS]);
        manager.setSessionKey(sessionKey, allowed % 2 == 1);
        _done();
    }

    function changeSpec(uint256 i, bytes32 specHash) external looked {
        if (known.length == 0) return;
        i = _pickRunning(i);
        vm.prank(termsOf[i].tenant);
        try manager.amendSpec(known[i].id, termsOf[i], specHash) {
            termsOf[i].specHash = specHash;
            _done();
        } catch {}
    }

    /// @dev Other prices, other term, other slice; both sign. The cap of the old terms is kept for 5.
    function amend(uint256 i, uint256 a, uint256 claim) external looked {
        if (known.length == 0) return;
        i = _pickRunning(i);
        Terms memory old = termsOf[i];
        Terms memory t = abi.decode(abi.encode(old), (Terms));
        t.prices.cpu = uint96(bound(a, 0, 4e9));
        t.resources.memoryMiB = uint32(bound(a >> 8, 1, 4096));
        if (a % 3 == 0) t.durationSeconds = uint32(bound(a >> 16, 1, 12 hours));
        if (a % 4 == 0) t.slice = uint96(bound(a >> 24, t.penalty, 600e6));
        UsageReceipt memory r = _claimOf(i, claim, type(uint256).max, false);
        Amendment memory m = _amendment(i, old, t, r);
        bytes memory signature = _signAs(_tenantOf(i), manager.amendmentHash(m));
        vm.prank(operators[known[i].datacenter]);
        try manager.amend(old, t, m, signature, "") {
            Lease memory l = manager.lease(m.leaseId);
            Known storage k = known[i];
            // What the old terms allowed until here.
            uint256 active = m.through - l.activatedAt;
            if (m.through > l.activatedAt + old.durationSeconds) active = old.durationSeconds;
            k.capScaled += manager.rateCap(old.prices, old.resources, PRICE_SCALE) * (active - k.capFrom);
            (k.capFrom, k.slack, k.exact) = (active, k.slack + 1, false);
            termsOf[i] = t;
            _done();
        } catch {}
    }

    function _amendment(uint256 i, Terms memory old, Terms memory t, UsageReceipt memory r)
        private
        view
        returns (Amendment memory)
    {
        return Amendment(
            known[i].id,
            manager.hashTerms(old),
            manager.hashTerms(t),
            manager.lease(known[i].id).amendments,
            r.seq,
            r.through,
            r.usage,
            r.downSeconds,
            uint40(block.timestamp)
        );
    }

    /// @dev Reflexively, and for whatever it is worth.
    function dispute(uint256 i, uint256 seconds_, uint256 byKey) external looked {
        if (known.length == 0) return;
        i = _pickPending(i);
        Usage memory counter = _fullUsage(uint64(bound(seconds_, 0, seconds_ % 4 == 0 ? 1000 : 20)));
        address by = byKey % 4 == 1 ? sessionKey : termsOf[i].tenant;
        uint96 frozen = manager.lease(known[i].id).frozen;
        vm.prank(by);
        try disputes.open(known[i].id, termsOf[i], counter, 0, 0, type(uint96).max, "") returns (uint256 number) {
            leaseOf[number] = i;
            uint96 gap = disputes.disputeOf(number).gap;
            vm.assertEq(manager.lease(known[i].id).frozen, frozen + gap, "the gap, and no more, is frozen");
            vm.assertGe(uint256(disputes.disputeOf(number).bond) * 20, gap, "the bond is a twentieth");
            _done();
        } catch {}
    }

    function _pickPending(uint256 i) private view returns (uint256) {
        i %= known.length;
        for (uint256 n = 0; n < known.length; ++n) {
            uint256 at = (i + n) % known.length;
            Lease memory l = manager.lease(known[at].id);
            if (l.pendingOld != 0 || l.pendingNew != 0) return at;
        }
        return i;
    }
}
