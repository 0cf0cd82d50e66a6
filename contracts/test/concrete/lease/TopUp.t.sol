// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {Lease, LeaseState, Terms} from "../../../src/types/Lease.sol";
import {Fixture} from "../../utils/Fixture.sol";

contract TopUpTest is Fixture {
    function test_RevertWhen_AmountIsZero() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.expectRevert(ILeaseManager.AmountZero.selector);
        manager.topUp(id, terms, 0);
    }

    function test_RevertWhen_UnknownOrClosed() external {
        (bytes32 id, Terms memory terms) = _reserved();
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.LeaseUnknown.selector, bytes32("?")));
        manager.topUp(bytes32("?"), terms, 1);
        vm.startPrank(tenant);
        manager.close(id, terms);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.StateWrong.selector, id, LeaseState.Closed));
        manager.topUp(id, terms, 1);
    }

    function test_RevertWhen_TotalIsTooLarge() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 100);
        _settle(terms, _receipt(id, 1, 100));
        uint96 most = type(uint96).max - DEPOSIT;
        _fund(stranger, uint256(most) + 1);
        vm.startPrank(stranger);
        bytes4 why = ILeaseManager.EscrowTooLarge.selector;
        vm.expectRevert(abi.encodeWithSelector(why, id, uint256(type(uint96).max) + 1));
        manager.topUp(id, terms, most + 1);
        manager.topUp(id, terms, most);
    }

    function test_AddsEscrow_InEveryOpenState() external {
        _fund(stranger, 30);
        (bytes32 id, Terms memory terms) = _reserved();
        _add(id, terms, 10);
        vm.prank(operator);
        manager.activate(id, terms);
        _add(id, terms, 20);
        vm.prank(tenant);
        manager.close(id, terms);
        _add(id, terms, 30);
    }

    function _add(bytes32 id, Terms memory terms, uint96 sum) private {
        Lease memory before = manager.lease(id);
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseToppedUp(id, stranger, 10, DEPOSIT + sum);
        vm.prank(stranger);
        manager.topUp(id, terms, 10);
        Lease memory l = manager.lease(id);
        vm.assertEq(l.escrow, DEPOSIT + sum, "escrow");
        before.escrow = l.escrow;
        vm.assertEq(keccak256(abi.encode(l)), keccak256(abi.encode(before)), "nothing else changed");
    }
}
