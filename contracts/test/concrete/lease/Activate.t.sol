// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {CloseReason, Lease, LeaseState, Terms} from "../../../src/types/Lease.sol";
import {Fixture} from "../../utils/Fixture.sol";

contract ActivateTest is Fixture {
    function _refused(address caller, bytes32 id, Terms memory terms, bytes memory error_) private {
        vm.expectRevert(error_);
        vm.prank(caller);
        manager.activate(id, terms);
    }

    function test_RevertWhen_Unknown() external {
        (, Terms memory terms) = _reserved();
        _refused(operator, bytes32("?"), terms, abi.encodeWithSelector(ILeaseManager.LeaseUnknown.selector, bytes32("?")));
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
        (ids[0], terms[0]) = _reserved();
        (ids[1], terms[1]) = (ids[0], terms[0]);
        (ids[2], terms[2]) = _reserved();
        terms[2].tenant = stranger;
        (ids[3], terms[3]) = _reserved();
        vm.expectEmit(address(manager));
        emit ILeaseManager.SettlementSkipped(ids[1], ILeaseManager.StateWrong.selector);
        vm.expectEmit(address(manager));
        emit ILeaseManager.SettlementSkipped(ids[2], ILeaseManager.TermsDiffer.selector);
        vm.prank(operator);
        manager.activateMany(ids, terms);
        Lease[] memory found = manager.leases(ids);
        vm.assertTrue(found[0].state == LeaseState.Active, "first");
        vm.assertTrue(found[2].state == LeaseState.Reserved, "third");
        vm.assertTrue(found[3].state == LeaseState.Active, "fourth");
    }

    function test_Many_SkipsAllOfAStranger() external {
        bytes32[] memory ids = new bytes32[](1);
        Terms[] memory terms = new Terms[](1);
        (ids[0], terms[0]) = _reserved();
        vm.expectEmit(address(manager));
        emit ILeaseManager.SettlementSkipped(ids[0], ILeaseManager.NotOperator.selector);
        vm.prank(stranger);
        manager.activateMany(ids, terms);
        vm.assertTrue(manager.lease(ids[0]).state == LeaseState.Reserved, "state");
    }

    function test_Refuse_RevertWhen_NotAllowed() external {
        (bytes32 id, Terms memory terms) = _reserved();
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.NotOperator.selector, tenant, operator));
        vm.prank(tenant);
        manager.refuse(id, terms);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.LeaseUnknown.selector, bytes32("?")));
        manager.refuse(bytes32("?"), terms);
        vm.prank(operator);
        manager.activate(id, terms);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.StateWrong.selector, id, LeaseState.Active));
        vm.prank(operator);
        manager.refuse(id, terms);
    }

    function test_Refuse_RefundsAll() external {
        (bytes32 id, Terms memory terms) = _reserved();
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseClosed(id, provider, CloseReason.Refused, 0, DEPOSIT);
        vm.prank(operator);
        manager.refuse(id, terms);
        vm.assertEq(vault.balanceOf(address(token), tenant), 5 * DEPOSIT, "tenant");
        vm.assertEq(vault.lockedOf(address(manager), address(token)), 0, "locked");
    }
}
