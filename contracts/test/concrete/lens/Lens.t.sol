// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "../../../src/interfaces/IDatacenterRegistry.sol";
import {ILens} from "../../../src/interfaces/ILens.sol";
import {CloseReason, LeaseState, Offer, Prices, Request, Terms} from "../../../src/types/Lease.sol";
import {Fixture} from "../../utils/Fixture.sol";

contract LensTest is Fixture {
    function _view(bytes32 id, Terms memory terms) private view returns (ILens.LeaseView memory) {
        (bytes32[] memory ids, Terms[] memory list) = (new bytes32[](1), new Terms[](1));
        (ids[0], list[0]) = (id, terms);
        return lens.leaseViews(ids, list)[0];
    }

    function _close(bytes32 id, Terms memory terms) private {
        vm.prank(stranger);
        manager.close(id, terms, CloseReason.None);
    }

    function test_Members_InTheirOrder() external {
        (address second, address secondOperator) = _datacenter(1);
        vm.prank(auditor);
        registry.attest(auditor, IDatacenterRegistry.Attestation(second, 6, START, START + 1, 0), "");
        _reserved();

        ILens.Member[] memory all = lens.members(0, 10, address(token), auditor);
        vm.assertEq(all.length, 2, "all");
        vm.assertEq(all[0].provider, provider, "first");
        vm.assertEq(all[0].datacenter.operator, operator, "operator");
        vm.assertEq(all[0].stake.assets, STAKE, "stake");
        vm.assertEq(all[0].stake.sliced, SLICE, "sliced");
        vm.assertEq(all[0].freeStake, registry.freeStake(provider, address(token)), "free");
        vm.assertEq(all[0].attestedBits, 0, "not attested");
        vm.assertEq(all[1].provider, second, "second");
        vm.assertEq(all[1].datacenter.operator, secondOperator, "operator");
        vm.assertEq(all[1].attestedBits, 6, "attested");

        vm.assertEq(lens.members(1, 1, address(token), auditor)[0].provider, second, "page");
        vm.assertEq(lens.members(0, 1, address(token), auditor).length, 1, "short page");
        vm.assertEq(lens.members(2, 5, address(token), auditor).length, 0, "beyond");
        vm.assertEq(lens.members(9, 5, address(token), auditor).length, 0, "far beyond");
    }

    function test_JustActivated_NoHeadroom() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.assertEq(_view(id, terms).headroom, 0, "in the same block");
        vm.warp(START + 1);
        vm.assertEq(_view(id, terms).headroom, RATE, "a second later");
    }

    function test_RevertWhen_LengthsDiffer() external {
        vm.expectRevert(abi.encodeWithSelector(ILens.LengthsDiffer.selector, 1, 2));
        lens.leaseViews(new bytes32[](1), new Terms[](2));
    }

    function test_RevertWhen_TermsDiffer() external {
        (bytes32 id, Terms memory terms) = _reserved();
        terms.minCharge += 1;
        vm.expectRevert(abi.encodeWithSelector(ILens.TermsDiffer.selector, id));
        lens.paidUntil(id, terms);
        (bytes32[] memory ids, Terms[] memory list) = (new bytes32[](1), new Terms[](1));
        (ids[0], list[0]) = (id, terms);
        vm.expectRevert(abi.encodeWithSelector(ILens.TermsDiffer.selector, id));
        lens.leaseViews(ids, list);
    }

    function test_Reserved() external {
        (bytes32 id, Terms memory terms) = _reserved();
        ILens.LeaseView memory v = _view(id, terms);
        vm.assertEq(v.leaseId, id, "id");
        vm.assertTrue(v.lease.state == LeaseState.Reserved, "state");
        vm.assertEq(v.closingReserve, RESERVE, "reserve");
        vm.assertEq(v.headroom, 0, "headroom");
        vm.assertEq(v.paidUntil, 0, "not begun");
        vm.assertTrue(v.closableAs == CloseReason.None, "closable");
        vm.assertFalse(v.expired, "expired");

        vm.warp(terms.activateBy + 1);
        v = _view(id, terms);
        vm.assertTrue(v.closableAs == CloseReason.NotActivated, "closable now");
        vm.assertTrue(v.expired, "expired now");
        _close(id, terms);
        vm.assertTrue(manager.lease(id).reason == CloseReason.NotActivated, "as foretold");
    }

    function test_Active_Money() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 1000);
        vm.assertEq(_view(id, terms).headroom, 1000 * RATE, "headroom");
        _settleAgreed(terms, _receipt(id, 1, 500));
        vm.warp(START + 2000);
        _settle(terms, _receipt(id, 2, 900));
        ILens.LeaseView memory v = _view(id, terms);
        vm.assertEq(v.paid, 500 * RATE, "paid");
        vm.assertEq(v.pending, 400 * RATE, "pending");
        vm.assertEq(v.matured, 0, "matured");
        vm.assertEq(v.headroom, 1100 * RATE, "headroom again");
        vm.warp(START + 2000 + 3 * MATURITY);
        vm.assertEq(_view(id, terms).matured, 400 * RATE, "matured now");
        vm.assertTrue(_view(id, terms).closableAs == CloseReason.None, "closable");
    }

    function test_PaidUntil_LeavesTheReserve() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.assertEq(lens.paidUntil(id, terms), START + TERM, "at most the term");

        Request memory r = _request();
        (r.deposit, r.salt) = (uint96(RESERVE + 5e6 + 1_000 * RATE), 1);
        Offer memory o = _offer();
        o.startFee = 5e6;
        (id, terms) = _active(o, r);
        vm.assertEq(lens.paidUntil(id, terms), START + 1_000, "the start fee is not for time");
        vm.warp(START + 400);
        vm.assertEq(lens.paidUntil(id, terms), START + 1_000, "time alone changes nothing");
        _settle(terms, _receipt(id, 1, 300));
        vm.assertEq(lens.paidUntil(id, terms), START + 400 + 700, "cheaper than full load");
        vm.warp(START + 1_100);
        _settle(terms, _receipt(id, 2, 1_000));
        vm.assertEq(lens.paidUntil(id, terms), START + 1_100, "used up");
        vm.assertTrue(_view(id, terms).closableAs == CloseReason.Escrow, "closable");
        vm.assertFalse(_view(id, terms).expired, "not over yet");
        _close(id, terms);
        vm.assertTrue(manager.lease(id).reason == CloseReason.Escrow, "as foretold");
    }

    function test_PaidUntil_FreeLease() external {
        Offer memory o = _offer();
        o.prices = Prices(0, 0, 0, 0, 0, 0);
        (bytes32 id, Terms memory terms) = _active(o, _request());
        vm.assertEq(lens.paidUntil(id, terms), START + TERM, "the term");
    }

    function test_TermOver_ThenClosing_ThenClosed() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + TERM - 1);
        vm.assertTrue(_view(id, terms).closableAs == CloseReason.None, "not yet");
        vm.warp(START + TERM);
        vm.assertTrue(_view(id, terms).closableAs == CloseReason.Term, "term");
        _close(id, terms);
        vm.assertTrue(manager.lease(id).state == LeaseState.Closing, "closing");

        ILens.LeaseView memory v = _view(id, terms);
        vm.assertTrue(v.closableAs == CloseReason.None && !v.expired, "waits for the final receipt");
        vm.assertEq(v.headroom, TERM * RATE, "headroom of the whole term");
        vm.warp(START + TERM + SUBMIT + 1);
        v = _view(id, terms);
        vm.assertTrue(v.closableAs == CloseReason.Term && v.expired, "over");
        _close(id, terms);
        v = _view(id, terms);
        vm.assertTrue(v.lease.state == LeaseState.Closed, "closed");
        vm.assertEq(v.headroom, 0, "headroom");
        vm.assertEq(v.paid, MIN_CHARGE, "minimum charge");
        vm.assertTrue(v.closableAs == CloseReason.None && !v.expired, "nothing left to do");
    }

    /// @dev The notice is paid out of the reserve.
    function test_Closing_ReserveIsPaidFrom() external {
        Request memory r = _request();
        r.deposit = uint96(RESERVE + MIN_CHARGE);
        (bytes32 id, Terms memory terms) = _active(_offer(), r);
        vm.prank(tenant);
        manager.close(id, terms, CloseReason.Tenant);
        vm.assertEq(lens.paidUntil(id, terms), START + NOTICE, "the notice");
    }
}
