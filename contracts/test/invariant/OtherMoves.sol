// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "../../src/interfaces/IDatacenterRegistry.sol";
import {IDisputeManager} from "../../src/interfaces/IDisputeManager.sol";
import {ILeaseManager} from "../../src/interfaces/ILeaseManager.sol";
import {IMarket} from "../../src/interfaces/IMarket.sol";
import {Parameters, TokenParameters} from "../../src/interfaces/IParameters.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {CloseReason, Lease, LeaseState, Terms} from "../../src/types/Lease.sol";
import {World} from "./World.sol";

/// @title Account holders, strangers, arbiter, auditor, delegators, governance; and the token that calls back.
abstract contract OtherMoves is World {
    function wait(uint256 seconds_) external looked {
        // Mostly short, or every reservation would run out before it is activated.
        vm.warp(block.timestamp + bound(seconds_, 1, seconds_ % 4 == 0 ? 3 hours : 300));
        _done();
    }

    function deposit(uint256 who, uint256 which, uint256 amount) external {
        vm.prank(_account(who));
        try vault.deposit(tokens[which % 2], _account(amount), bound(amount, 1, 1000e6)) {
            _done();
        } catch {}
    }

    function withdraw(uint256 who, uint256 which, uint256 amount) external looked {
        address coin = tokens[which % 2];
        address account = _account(who);
        amount = bound(amount, 1, vault.balanceOf(coin, account) + 1);
        vm.prank(account);
        try vault.withdraw(coin, amount, account) {
            _done();
        } catch {}
    }

    // Strangers.

    function poke(uint256 i, uint256 who) external looked {
        if (known.length == 0) return;
        i %= known.length;
        uint96 escrow = manager.lease(known[i].id).escrow;
        vm.prank(_account(who));
        try manager.close(known[i].id, termsOf[i], CloseReason.None) {
            _done();
            // The bounty of the one who began the end is out of the escrow, and never was claimed.
            Lease memory l = manager.lease(known[i].id);
            if (l.state != LeaseState.Closing || l.escrow == escrow) return;
            vm.assertLe(escrow - l.escrow, termsOf[i].bounty, "bounty");
            known[i].funded -= escrow - l.escrow;
        } catch {}
    }

    /// @dev 14, of collectMany; and 4: what collect pays is what matured says.
    function collect(uint256 i) external looked {
        if (known.length == 0) return;
        hostile.arm(address(0), "");
        uint256 size = i % 3 + 1;
        if (i % 4 == 0) vm.warp(block.timestamp + 1 hours);
        i = _pickRipe(i);
        bytes32[] memory ids = new bytes32[](size);
        Terms[] memory terms = new Terms[](size);
        for (uint256 k = 0; k < size; ++k) {
            uint256 n = (i + k) % known.length;
            (ids[k], terms[k]) = (known[n].id, termsOf[n]);
        }
        uint256 state = vm.snapshotState();
        bool any;
        for (uint256 k = 0; k < size; ++k) {
            uint96 ripe = manager.matured(ids[k], terms[k]);
            try manager.collect(ids[k], terms[k]) returns (uint96 amount) {
                vm.assertEq(amount, ripe, "4: collected and matured differ");
                any = true;
            } catch {}
        }
        bytes32 sequential = _books();
        vm.revertToState(state);
        if (any) _done();
        manager.collectMany(ids, terms);
        vm.assertEq(_books(), sequential, "14: collectMany and its sequence differ");
    }

    function _pickRipe(uint256 i) private view returns (uint256) {
        for (uint256 n = 0; n < known.length; ++n) {
            uint256 at = (i % known.length + n) % known.length;
            if (manager.matured(known[at].id, termsOf[at]) != 0) return at;
        }
        return i % known.length;
    }

    // Arbiter.

    /// @dev In time or not, within its bounds or not; sometimes on the terms of the opening.
    function rule(uint256 number, uint256 seed, uint256 carry) external looked {
        if (disputes.disputeCount() == 0) return;
        number = _pickDispute(number);
        IDisputeManager.Dispute memory d = disputes.disputeOf(number);
        uint256 i = leaseOf[number];
        uint96 toProvider = seed % 4 == 0 ? d.gap : uint96(bound(seed, 0, uint256(d.gap) + 1));
        uint96 slashed = manager.lease(d.leaseId).slashed;
        vm.prank(arbiter);
        try disputes.rule(number, termsOf[i], toProvider) {
            uint96 more = manager.lease(d.leaseId).slashed - slashed;
            vm.assertLe(uint256(toProvider) + more, d.gap, "12: slashed more than was ruled the payer's");
            _done();
        } catch {}
        if (carry % 2 == 0) return;
        try disputes.carryOut(number, termsOf[i]) {} catch {}
    }

    /// @dev Too early, or after an arbiter that has been silent.
    function draw(uint256 number) external looked {
        if (disputes.disputeCount() == 0) return;
        bool late = number % 2 == 0;
        number = _pickDispute(number);
        IDisputeManager.Dispute memory d = disputes.disputeOf(number);
        bool open = d.state == IDisputeManager.DisputeState.Open;
        if (late && open && block.timestamp <= d.rulingUntil) vm.warp(d.rulingUntil + 1);
        vm.prank(stranger);
        try disputes.draw(number, termsOf[leaseOf[number]]) {
            _done();
        } catch {}
    }

    // Auditor.

    function attest(uint256 d, uint256 bits, uint256 revoke) external {
        address whom = providers[d % DATACENTERS];
        if (revoke % 2 == 1) {
            vm.prank(auditor);
            registry.revokeAttestation(whom);
            vm.assertEq(registry.attested(auditor, whom), 0, "revoked");
            return;
        }
        IDatacenterRegistry.Attestation memory a = IDatacenterRegistry.Attestation(
            whom, bits, uint40(block.timestamp), uint40(block.timestamp + bound(bits, 1, 1 days)), 0
        );
        vm.prank(auditor);
        try registry.attest(auditor, a, "") {
            vm.assertEq(registry.attested(auditor, whom), bits, "attested");
            _done();
        } catch {}
    }

    // Delegators, and providers as such.

    function stake(uint256 who, uint256 d, uint256 amount) external looked {
        address whom = providers[d % DATACENTERS];
        vm.prank(_account(who));
        try registry.stake(whom, tokens[who % 5 == 0 ? 1 : 0], bound(amount, 1, 500e6), "") {
            _done();
        } catch {}
    }

    function unbond(uint256 who, uint256 d, uint256 shares) external looked {
        (address whom, address coin) = (providers[d % DATACENTERS], _coin(d % DATACENTERS));
        address account = _account(who);
        for (uint256 n = 0; n < accounts.length && registry.sharesOf(whom, coin, account) == 0; ++n) {
            account = _account(who % accounts.length + n);
        }
        shares = bound(shares, 0, registry.sharesOf(whom, coin, account));
        vm.prank(account);
        try registry.unbond(whom, coin, shares) {
            _done();
        } catch {}
    }

    /// @dev Rarely months go by until it may be done, and whatever ran is over by then.
    function withdrawStake(uint256 who, uint256 d) external looked {
        address account;
        (d, account) = _pickUnbonding(d, who);
        uint40 availableAt = registry.unbondingOf(providers[d], _coin(d), account).availableAt;
        if (who % 8 == 0 && block.timestamp < availableAt) vm.warp(availableAt);
        vm.prank(account);
        try registry.withdrawStake(providers[d], _coin(d)) {
            _done();
        } catch {}
    }

    function _pickUnbonding(uint256 d, uint256 who) private view returns (uint256, address account) {
        for (uint256 n = 0; n < DATACENTERS * accounts.length; ++n) {
            d = (d % DATACENTERS + 1) % DATACENTERS;
            account = accounts[(who % accounts.length + n / DATACENTERS) % accounts.length];
            if (registry.unbondingOf(providers[d], _coin(d), account).shares != 0) break;
        }
        return (d, account);
    }

    function shareOut(uint256 d, uint256 bps) external looked {
        vm.prank(providers[d % DATACENTERS]);
        registry.announceDelegatorShare(uint16(bound(bps, 0, 5000)));
        // Long before the run, so that it counts within it.
        if (bps % 2 == 0) vm.warp(block.timestamp + 1 hours);
        _done();
    }

    // Governance: 13, what is open keeps what it was matched with.

    function govern(uint256 a) external looked {
        Parameters memory p = Parameters({
            submitSeconds: uint32(bound(a, 1, 2 hours)),
            maturitySeconds: a % 5 == 0 ? 0 : uint32(bound(a >> 8, 1, 2 hours)),
            rulingSeconds: uint32(bound(a >> 16, 1, 2 hours)),
            feeBps: uint16(bound(a >> 24, 0, 100)),
            sliceBps: uint16(bound(a >> 32, 0, 20_000)),
            penaltyBps: uint16(bound(a >> 40, 0, 10_000))
        });
        bytes32 books = _books();
        vm.startPrank(governor);
        parameters.set(p);
        uint80 bond = uint80(bound(a >> 48, 0, 10e6));
        parameters.setToken(tokens[a % 2], TokenParameters(bond, bond / 4, uint80(bound(a >> 56, 0, 10_000))));
        if (a % 16 == 0) parameters.pauseOpening();
        else parameters.resumeOpening();
        vm.stopPrank();
        vm.assertEq(_books(), books, "13: governance moved money");
        _done();
    }

    /// @dev The hostile token will do this in the middle of its next transfers.
    function arm(uint256 i, uint256 what, uint256 seed) external {
        if (known.length == 0) return;
        uint96 amount = uint96(seed);
        _done();
        i %= known.length;
        bytes32 id = known[i].id;
        Terms memory t = termsOf[i];
        what %= posts.length == 0 ? 9 : 10;
        if (what == 0) return hostile.arm(address(vault), abi.encodeCall(IVault.withdraw, (address(hostile), amount, address(hostile))));
        if (what == 1) return hostile.arm(address(manager), abi.encodeCall(ILeaseManager.settle, (t, _claimOf(i, amount, 0, true), "", "")));
        if (what == 2) return hostile.arm(address(manager), abi.encodeCall(ILeaseManager.close, (id, t, CloseReason.None)));
        if (what == 3) return hostile.arm(address(manager), abi.encodeCall(ILeaseManager.refuse, (id, t)));
        if (what == 4) return hostile.arm(address(manager), abi.encodeCall(ILeaseManager.collect, (id, t)));
        if (what == 5) return hostile.arm(address(registry), abi.encodeCall(IDatacenterRegistry.stake, (address(0xBAD), address(hostile), amount, "")));
        // These two take no guard: what they pull away under a match must make it fail as a whole.
        if (what == 7) return hostile.arm(address(market), abi.encodeCall(IMarket.raiseCounter, ()));
        if (what == 8) return hostile.arm(address(registry), abi.encodeCall(IDatacenterRegistry.unbond, (address(0xBAD), address(hostile), amount)));
        if (what == 9) return hostile.arm(address(market), abi.encodeCall(IMarket.withdrawPost, (posts[i % posts.length].request)));
        hostile.arm(address(disputes), abi.encodeCall(IDisputeManager.concede, (1, t)));
    }
}
