// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDisputeManager} from "../../../src/interfaces/IDisputeManager.sol";
import {CloseReason, Lease, LeaseState, Offer, Request, Terms, Usage} from "../../../src/types/Lease.sol";
import {Court} from "../../utils/Court.sol";

contract OpenDisputeTest is Court {
    function _expectNothing(bytes32 id) private {
        vm.expectRevert(abi.encodeWithSelector(IDisputeManager.NothingInDispute.selector, id));
    }

    function _frozen(bytes32 id) private view returns (uint96) {
        return manager.lease(id).frozen;
    }

    function test_RevertWhen_TermsAreNotThoseOfNow() external {
        (bytes32 id, Terms memory terms) = _claimed();
        vm.expectRevert(abi.encodeWithSelector(IDisputeManager.TermsDiffer.selector, bytes32("?")));
        _open(bytes32("?"), terms, 0);
        Terms memory old = terms;
        _changeSpec(id, terms);
        vm.expectRevert(abi.encodeWithSelector(IDisputeManager.TermsDiffer.selector, id));
        _open(id, old, 0);
    }

    function test_RevertWhen_BothSignedThatNobodyRules() external {
        (Offer memory o, Request memory r) = (_offer(), _request());
        (o.arbiter, r.arbiter) = (address(0), address(0));
        (bytes32 id, Terms memory terms) = _active(o, r);
        vm.warp(START + 1000);
        _claim(id, terms, 1, 1000);
        vm.expectRevert(abi.encodeWithSelector(IDisputeManager.NoArbiter.selector, id));
        _open(id, terms, 400);
    }

    function test_RevertWhen_NotTheTenantsSide() external {
        (bytes32 id, Terms memory terms) = _claimed();
        address[4] memory callers = [provider, operator, arbiter, stranger];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IDisputeManager.NotChallenger.selector, callers[i], id));
            vm.prank(callers[i]);
            disputes.open(id, terms, _fullUsage(0), 0, 0, type(uint96).max, "");
        }
    }

    function test_RevertWhen_TheChallengerIsTheArbiter() external {
        (bytes32 id, Terms memory terms) = _claimed();
        vm.prank(tenant);
        manager.setSessionKey(arbiter, true);
        vm.expectRevert(abi.encodeWithSelector(IDisputeManager.NotChallenger.selector, arbiter, id));
        vm.prank(arbiter);
        disputes.open(id, terms, _fullUsage(0), 0, 0, type(uint96).max, "");
    }

    function test_RevertWhen_NothingIsContested() external {
        (bytes32 id, Terms memory terms) = _active();
        _expectNothing(id);
        _open(id, terms, 0);
        vm.warp(START + 1000);
        _claim(id, terms, 1, 1000);
        _expectNothing(id);
        _open(id, terms, 1000);
        vm.warp(START + 1000 + 2 hours);
        _expectNothing(id);
        _open(id, terms, 0);
    }

    function test_RevertWhen_TheBondIsMoreThanAccepted() external {
        (bytes32 id, Terms memory terms) = _claimed();
        vm.expectRevert(abi.encodeWithSelector(IDisputeManager.BondAboveMaximum.selector, BOND, BOND - 1));
        vm.prank(tenant);
        disputes.open(id, terms, _fullUsage(0), 0, 0, BOND - 1, "");
    }

    function test_RevertWhen_TheBondIsNotThere() external {
        (bytes32 id, Terms memory terms) = _claimed();
        vm.prank(tenant);
        manager.setSessionKey(sessionKey, true);
        vm.expectRevert();
        vm.prank(sessionKey);
        disputes.open(id, terms, _fullUsage(0), 0, 0, type(uint96).max, "");
        vm.assertEq(_frozen(id), 0, "nothing frozen");
        vm.assertEq(disputes.disputeCount(), 0, "count");
    }

    function test_FreezesTheGapOnly() external {
        (bytes32 id, Terms memory terms) = _claimed();
        uint256 before = _balance(tenant);
        vm.expectEmit(address(disputes));
        emit IDisputeManager.DisputeOpened(1, id, tenant, _fullUsage(400), 0, 6e6, BOND, "evidence");
        uint256 dispute = _open(id, terms, 400);
        vm.assertEq(dispute, 1, "numbered from 1");
        vm.assertEq(_frozen(id), 6e6, "frozen");
        vm.assertEq(before - _balance(tenant), BOND, "bond");
        vm.assertEq(vault.lockedOf(address(disputes), address(token)), BOND, "locked");
        IDisputeManager.Dispute memory d = disputes.disputeOf(dispute);
        vm.assertEq(d.leaseId, id, "lease");
        vm.assertEq(d.termsHash, manager.hashTerms(terms), "terms");
        vm.assertEq(d.challenger, tenant, "challenger");
        vm.assertEq(d.rulingUntil, START + 1000 + RULING, "rulingUntil");
        vm.assertTrue(d.state == IDisputeManager.DisputeState.Open, "state");

        vm.warp(START + 1000 + 2 hours);
        manager.collect(id, terms);
        vm.assertEq(_balance(payout), _net(4e6), "what is admitted is paid");
        vm.assertEq(_frozen(id), 6e6, "still frozen");
    }

    function test_TheBondIsFivePercent_RoundedUp() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 30_000);
        _claim(id, terms, 1, 30_000);
        // 0.01 per second; a little of the egress makes the gap odd.
        Usage memory counter;
        counter.egressKiB = 4;
        vm.prank(tenant);
        uint256 dispute = disputes.open(id, terms, counter, 0, 0, type(uint96).max, "");
        IDisputeManager.Dispute memory d = disputes.disputeOf(dispute);
        vm.assertEq(d.gap, 300e6 - 8, "gap");
        vm.assertEq(d.bond, 15e6, "bond");
    }

    function test_TheBondIsOfWhatWasFrozen() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 30_000);
        _claim(id, terms, 1, 30_000);
        vm.warp(START + 30_000 + 2 hours);
        _claim(id, terms, 2, 37_200);
        uint256 dispute = _open(id, terms, 0);
        IDisputeManager.Dispute memory d = disputes.disputeOf(dispute);
        vm.assertEq(d.gap, 72e6, "the first claim has matured");
        vm.assertEq(d.bond, BOND, "bond");
    }

    function test_BySessionKey() external {
        (bytes32 id, Terms memory terms) = _claimed();
        vm.prank(tenant);
        manager.setSessionKey(sessionKey, true);
        _fund(sessionKey, BOND);
        vm.prank(sessionKey);
        uint256 dispute = disputes.open(id, terms, _fullUsage(400), 0, 0, BOND, "");
        vm.assertEq(token.balanceOf(sessionKey), 0, "its own money");
        vm.warp(START + 1001 + RULING);
        disputes.draw(dispute, terms);
        vm.assertEq(_balance(sessionKey), BOND, "and back");
    }

    function test_WithDowntime() external {
        Offer memory o = _offer();
        o.downtimeBps = 5000;
        (bytes32 id, Terms memory terms) = _active(o, _request());
        vm.warp(START + 1000);
        _claim(id, terms, 1, 1000);
        vm.prank(tenant);
        uint256 dispute = disputes.open(id, terms, _fullUsage(1000), 100, 0, BOND, "");
        vm.assertEq(disputes.disputeOf(dispute).gap, 100 * RATE / 2, "credit for 100 s at half");
    }

    function test_AfterAnAmendment_TheOffsetCounts() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 1000);
        Terms memory doubled = _doublePrices(id, terms, 1, 1000);
        vm.warp(START + 1500);
        _claim(id, doubled, 2, 1500);
        // 10 for the first 1,000 s, 20 for the next 1,000: 500 s are claimed as 10. The tenant admits half of that time.
        uint256 dispute = _open(id, doubled, 1250);
        vm.assertEq(disputes.disputeOf(dispute).gap, 5e6, "gap");
    }

    function test_ASecondOne_LeavesWhatIsFrozen() external {
        (uint256 first, bytes32 id, Terms memory terms) = _disputed();
        _expectNothing(id);
        _open(id, terms, 400);
        uint256 second = _open(id, terms, 300);
        vm.assertEq(disputes.disputeOf(first).gap, 6e6, "first");
        vm.assertEq(disputes.disputeOf(second).gap, 1e6, "second");
        vm.assertEq(_frozen(id), 7e6, "frozen");
    }

    function test_WhatWasRuledThePayers_IsNotContestedAgain() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        vm.prank(arbiter);
        disputes.rule(dispute, terms, 0);
        _expectNothing(id);
        _open(id, terms, 400);
        vm.warp(START + 1500);
        _claim(id, terms, 2, 1500);
        _expectNothing(id);
        _open(id, terms, 900);
        uint256 second = _open(id, terms, 899);
        vm.assertEq(disputes.disputeOf(second).gap, RATE, "only what is new");
    }

    function test_Closed_WhatWaitsCanBeContested() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.prank(tenant);
        manager.close(id, terms, CloseReason.None);
        vm.warp(START + NOTICE);
        _claim(id, terms, 1, 100);
        vm.warp(START + NOTICE + SUBMIT + 1);
        manager.close(id, terms, CloseReason.None);
        Lease memory l = manager.lease(id);
        vm.assertTrue(l.state == LeaseState.Closed, "state");
        vm.assertEq(l.claimed, MIN_CHARGE, "topped up");
        _expectNothing(id);
        _open(id, terms, 0);
    }

    function test_Closed_ByTheProvider_NoMinimumIsOwed() external {
        (bytes32 id, Terms memory terms) = _claimed();
        vm.prank(provider);
        manager.close(id, terms, CloseReason.None);
        vm.warp(START + 1001 + NOTICE + SUBMIT);
        manager.close(id, terms, CloseReason.None);
        uint256 dispute = _open(id, terms, 0);
        vm.assertEq(disputes.disputeOf(dispute).gap, 10e6, "all of it");
    }
}
