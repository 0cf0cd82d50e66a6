// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {CloseReason, Lease, LeaseState, Terms} from "../../../src/types/Lease.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";

contract ActivateTest is LeaseFixture {
    function _refused(address caller, bytes32 id, Terms memory terms, bytes memory error_) private {
        vm.expectRevert(error_);
        vm.prank(caller);
        manager.activate(id, terms);
    }

    function test_RevertWhen_Unknown() external {
        (, Terms memory terms) = _reserved();
        _refused(operator, "?", terms, abi.encodeWithSelector(ILeaseManager.LeaseUnknown.selector, bytes32("?")));
    }

    function test_RevertWhen_TermsDiffer() external {
        (bytes32 id, Terms memory terms) = _reserved();
        terms.prices.cpu += 1;
        _refused(operator, id, terms, abi.encodeWithSelector(ILeaseManager.TermsDiffer.selector, id));
    }

    function test_RevertWhen_ActiveAlready() external {
        (bytes32 id, Terms memory terms) = _active();
        bytes4 why = ILeaseManager.StateWrong.selector;
        _refused(operator, id, terms, abi.encodeWithSelector(why, id, LeaseState.Active));
    }

    function test_RevertWhen_CallerIsNotTheOperator() external {
        (bytes32 id, Terms memory terms) = _reserved();
        _refused(tenant, id, terms, abi.encodeWithSelector(ILeaseManager.NotOperator.selector, tenant, operator));
    }

    function test_RevertWhen_TooLate() external {
        (bytes32 id, Terms memory terms) = _reserved();
        vm.warp(terms.activateBy + 1);
        bytes4 why = ILeaseManager.ActivationTooLate.selector;
        _refused(operator, id, terms, abi.encodeWithSelector(why, id, terms.activateBy));
    }

    function test_Activates() external {
        (bytes32 id, Terms memory terms) = _reserved();
        vm.prank(provider);
        registry.setActive(false);
        vm.warp(terms.activateBy);
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseActivated(id, provider, terms.activateBy);
        vm.prank(provider);
        manager.activate(id, terms);
        Lease memory l = manager.lease(id);
        vm.assertTrue(l.state == LeaseState.Active, "state");
        vm.assertEq(l.activatedAt, terms.activateBy, "activatedAt");
        vm.assertEq(l.through, terms.activateBy, "through");
        vm.assertEq(l.endsAt, terms.activateBy + TERM, "endsAt");
        vm.assertEq(l.escrow, DEPOSIT, "escrow");
    }

    function test_Many_RevertWhen_TooManyOrUneven() external {
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.BatchTooLarge.selector, 101, 100));
        manager.activateMany(new bytes32[](101), new Terms[](101));
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.LengthsDiffer.selector, 2, 1));
        manager.activateMany(new bytes32[](2), new Terms[](1));
    }

    function test_Many_SkipsTheBad() external {
        bytes32[] memory ids = new bytes32[](4);
        Terms[] memory terms = new Terms[](4);
        for (uint256 i = 0; i < 4; ++i) {
            (ids[i], terms[i]) = i == 1 ? (ids[0], terms[0]) : _reserved();
        }
        terms[2].tenant = stranger;
        _expectSkip(ids[1], ILeaseManager.StateWrong.selector);
        _expectSkip(ids[2], ILeaseManager.TermsDiffer.selector);
        vm.prank(operator);
        manager.activateMany(ids, terms);
        _assertState(ids[0], LeaseState.Active);
        _assertState(ids[2], LeaseState.Reserved);
        _assertState(ids[3], LeaseState.Active);
    }

    function test_Many_SkipsTheLateAndAllOfAStranger() external {
        bytes32[] memory ids = new bytes32[](1);
        Terms[] memory terms = new Terms[](1);
        (ids[0], terms[0]) = _reserved();
        _expectSkip(ids[0], ILeaseManager.NotOperator.selector);
        vm.prank(stranger);
        manager.activateMany(ids, terms);
        _assertState(ids[0], LeaseState.Reserved);
        vm.warp(terms[0].activateBy + 1);
        _expectSkip(ids[0], ILeaseManager.ActivationTooLate.selector);
        vm.prank(operator);
        manager.activateMany(ids, terms);
    }

    /// @dev One key may work for several providers.
    function test_Many_OfTwoProviders() external {
        (address other,) = _datacenter(1);
        vm.prank(other);
        registry.update(operator, payout, 7, "https://dc.example", "");
        bytes32[] memory ids = new bytes32[](2);
        Terms[] memory terms = new Terms[](2);
        (terms[0], terms[1]) = (_default(), _default());
        terms[1].provider = other;
        for (uint256 i = 0; i < 2; ++i) {
            ids[i] = _open(terms[i], DEPOSIT);
        }
        vm.prank(operator);
        manager.activateMany(ids, terms);
        for (uint256 i = 0; i < 2; ++i) {
            _assertState(ids[i], LeaseState.Active);
        }
    }

    function test_Refuse_RevertWhen_NotAllowed() external {
        (bytes32 id, Terms memory terms) = _reserved();
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.NotOperator.selector, tenant, operator));
        vm.prank(tenant);
        manager.refuse(id, terms);
        _expectRevert(ILeaseManager.LeaseUnknown.selector, "?");
        manager.refuse("?", terms);
        vm.startPrank(operator);
        manager.activate(id, terms);
        _expectState(id, LeaseState.Active);
        manager.refuse(id, terms);
    }

    function test_Refuse_RefundsAll() external {
        (bytes32 id, Terms memory terms) = _reserved();
        vm.warp(terms.activateBy);
        _expectClosed(id, CloseReason.Refused, 0, DEPOSIT, 0);
        vm.prank(operator);
        manager.refuse(id, terms);
        vm.assertEq(_balance(tenant), 5 * DEPOSIT, "tenant");
        vm.assertEq(_locked(address(manager)), 0, "locked");
        vm.assertEq(_sliced(), 0, "slice is free");
        vm.assertEq(_locked(address(registry)), STAKE, "no penalty");
        vm.assertTrue(_lease(id).sliceFreed, "and said to be");
    }

    /// @dev Else giving back at the last moment and later would both be free.
    function test_Refuse_TooLate_IsNotActivated() external {
        (bytes32 id, Terms memory terms) = _reserved();
        vm.warp(terms.activateBy + 1);
        _expectClosed(id, CloseReason.NotActivated, 0, DEPOSIT, 0);
        vm.prank(operator);
        manager.refuse(id, terms);
        vm.assertEq(_locked(address(registry)), STAKE - terms.penalty, "penalty");
    }
}
