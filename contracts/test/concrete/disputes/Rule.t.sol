// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDisputeManager} from "../../../src/interfaces/IDisputeManager.sol";
import {CloseReason, Lease, LeaseState, Offer, Request, Terms} from "../../../src/types/Lease.sol";
import {Court} from "../../utils/Court.sol";

contract RuleTest is Court {
    address private constant BURNED = address(0xdEaD);

    function _rule(uint256 dispute, Terms memory terms, uint96 toProvider) private {
        vm.prank(arbiter);
        disputes.rule(dispute, terms, toProvider);
    }

    function test_RevertWhen_UnknownOrDecided() external {
        (uint256 dispute,, Terms memory terms) = _disputed();
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeManager.DisputeNotOpen.selector, 7, IDisputeManager.DisputeState.None)
        );
        _rule(7, terms, 0);
        _rule(dispute, terms, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeManager.DisputeNotOpen.selector, dispute, IDisputeManager.DisputeState.Ruled)
        );
        _rule(dispute, terms, 0);
    }

    function test_RevertWhen_TheTermsAreOthers() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        Terms memory between = _changeSpec(id, terms);
        vm.warp(block.timestamp + 1 minutes);
        _changeSpec(id, between);
        vm.expectRevert(abi.encodeWithSelector(IDisputeManager.TermsDiffer.selector, id));
        _rule(dispute, between, 0);
    }

    function test_RevertWhen_NotTheArbiter() external {
        (uint256 dispute,, Terms memory terms) = _disputed();
        address[5] memory callers = [tenant, provider, operator, payout, stranger];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IDisputeManager.NotArbiter.selector, callers[i], arbiter));
            vm.prank(callers[i]);
            disputes.rule(dispute, terms, 0);
        }
    }

    function test_RevertWhen_TheArbiterIsAParty() external {
        address[2] memory parties = [tenant, provider];
        for (uint256 i = 0; i < parties.length; ++i) {
            (Offer memory o, Request memory r) = (_offer(), _request());
            (o.arbiter, r.arbiter, r.salt) = (parties[i], parties[i], i);
            vm.warp(START);
            (bytes32 id, Terms memory terms) = _active(o, r);
            vm.warp(START + 1000);
            _claim(id, terms, 1, 1000);
            vm.prank(tenant);
            manager.setSessionKey(sessionKey, true);
            _fund(sessionKey, BOND);
            vm.prank(sessionKey);
            uint256 dispute = disputes.open(id, terms, _fullUsage(0), 0, 0, BOND, "");
            vm.expectRevert(abi.encodeWithSelector(IDisputeManager.NotArbiter.selector, parties[i], parties[i]));
            vm.prank(parties[i]);
            disputes.rule(dispute, terms, 0);
        }
    }

    function test_RevertWhen_TheTimeIsOver() external {
        (uint256 dispute,, Terms memory terms) = _disputed();
        uint40 until = START + 1000 + RULING;
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputeManager.RulingOver.selector, dispute, until));
        _rule(dispute, terms, 0);
        vm.warp(until);
        _rule(dispute, terms, 0);
    }

    function test_RevertWhen_MoreThanWasClaimed() external {
        (uint256 dispute,, Terms memory terms) = _disputed();
        vm.expectRevert(abi.encodeWithSelector(IDisputeManager.RulingOutOfRange.selector, uint96(6e6 + 1), uint96(6e6)));
        _rule(dispute, terms, 6e6 + 1);
    }

    function test_AllToTheProvider() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        uint256 before = _balance(tenant);
        vm.expectEmit(address(disputes));
        emit IDisputeManager.DisputeRuled(dispute, 6e6, 0, 0);
        _rule(dispute, terms, 6e6);
        vm.assertEq(_balance(payout), _net(6e6) + BOND - ARBITER_FEE, "claim and bond");
        vm.assertEq(_balance(arbiter), ARBITER_FEE, "arbiter");
        vm.assertEq(_balance(tenant), before, "challenger");
        vm.assertEq(vault.lockedOf(address(disputes), address(token)), 0, "bonds");
        Lease memory l = manager.lease(id);
        vm.assertEq(uint256(l.frozen) + l.disallowed + l.slashed, 0, "lease");
        IDisputeManager.Dispute memory d = disputes.disputeOf(dispute);
        vm.assertTrue(d.state == IDisputeManager.DisputeState.Ruled && d.carriedOut, "state");
        vm.assertEq(d.toProvider, 6e6, "toProvider");
    }

    function test_AllToThePayer() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        uint256 before = _balance(tenant);
        uint96 escrow = manager.lease(id).escrow;
        vm.expectEmit(address(disputes));
        emit IDisputeManager.DisputeRuled(dispute, 0, 6e6, 6e6);
        _rule(dispute, terms, 0);
        Lease memory l = manager.lease(id);
        vm.assertEq(l.escrow, escrow + 6e6, "back to the escrow");
        vm.assertEq(l.disallowed, 6e6, "disallowed");
        vm.assertEq(l.slashed, 6e6, "slashed");
        vm.assertEq(_balance(tenant) - before, BOND + 3e6, "bond, and half of the slash");
        vm.assertEq(_balance(arbiter), ARBITER_FEE, "arbiter");
        vm.assertEq(_balance(BURNED), 1e6, "burned");
        vm.warp(START + 2000);
        _claim(id, terms, 2, 2000);
        vm.assertEq(manager.lease(id).claimed, 20e6, "claimed, the disallowed in it");
        vm.assertEq(manager.lease(id).escrow, DEPOSIT - 14e6, "never claimed again");
    }

    function test_AllToThePayer_OfAClosedLease() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        vm.prank(tenant);
        manager.close(id, terms, CloseReason.None);
        vm.warp(START + 1001 + NOTICE + SUBMIT);
        vm.prank(tenant);
        manager.close(id, terms, CloseReason.None);
        vm.assertTrue(manager.lease(id).state == LeaseState.Closed, "closed");
        uint256 before = _balance(tenant);
        _rule(dispute, terms, 0);
        vm.assertEq(_balance(tenant) - before, 6e6 + BOND + 3e6, "claim, bond, half of the slash");
        vm.warp(START + 1 days);
        if (!manager.lease(id).sliceFreed) manager.collect(id, terms);
        vm.assertTrue(manager.lease(id).sliceFreed, "slice");
        vm.assertEq(vault.lockedOf(address(manager), address(token)), 0, "nothing left");
    }

    function test_SomethingToBoth() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        uint256 before = _balance(tenant);
        _rule(dispute, terms, 5e6);
        Lease memory l = manager.lease(id);
        vm.assertEq(_balance(payout), _net(5e6), "provider");
        vm.assertEq(l.slashed, 1e6, "slashed");
        vm.assertEq(_balance(tenant) - before, BOND + 0.5e6, "bond and half");
        vm.assertEq(_balance(arbiter), 0.5e6, "less than the fee");
        vm.assertEq(_balance(BURNED), 0, "burned");
    }

    function test_WhenLittleOfTheSliceIsLeft() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 30_000);
        _claim(id, terms, 1, 30_000);
        uint256 dispute = _open(id, terms, 0);
        uint256 before = _balance(tenant);
        vm.assertEq(terms.slice, 72e6, "slice");
        _rule(dispute, terms, 0);
        vm.assertEq(manager.lease(id).slashed, 72e6, "slashed");
        vm.assertEq(_balance(tenant) - before, 15e6 + 36e6, "bond, and half of what was left");
        vm.assertEq(_balance(arbiter), ARBITER_FEE, "arbiter");
        vm.assertEq(_balance(BURNED), 34e6, "burned");
        _claim(id, terms, 2, 30_000);
        vm.assertEq(manager.lease(id).pendingNew, 0, "nothing new");
    }

    function test_WithoutSlice() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        _rule(dispute, terms, 0);
        vm.warp(START + 20_000);
        _claim(id, terms, 2, 20_000);
        dispute = _open(id, terms, 0);
        _rule(dispute, terms, 0);
        vm.assertEq(manager.lease(id).slashed, 72e6, "all of it");
        vm.warp(START + 21_000);
        _claim(id, terms, 3, 21_000);
        dispute = _open(id, terms, 0);
        uint256 paid = _balance(arbiter);
        vm.expectEmit(address(disputes));
        emit IDisputeManager.DisputeRuled(dispute, 0, 10e6, 0);
        _rule(dispute, terms, 0);
        vm.assertEq(_balance(arbiter), paid, "no slice, no fee");
    }

    function test_AfterASpecChange_WithTheTermsOfNow() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        Terms memory changed = _changeSpec(id, terms);
        _rule(dispute, changed, 0);
        vm.assertEq(manager.lease(id).frozen, 0, "carried out");
    }

    function test_AfterASpecChange_WithThoseOfTheOpening() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        _changeSpec(id, terms);
        vm.expectEmit(address(disputes));
        emit IDisputeManager.DecisionWaits(dispute, IDisputeManager.DisputeState.Ruled, 2e6);
        _rule(dispute, terms, 2e6);
        IDisputeManager.Dispute memory d = disputes.disputeOf(dispute);
        vm.assertTrue(d.state == IDisputeManager.DisputeState.Ruled && !d.carriedOut, "decided");
        vm.assertEq(manager.lease(id).frozen, 6e6, "not carried out");
    }
}
