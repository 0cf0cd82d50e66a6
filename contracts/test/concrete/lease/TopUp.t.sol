// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {IVault} from "../../../src/interfaces/IVault.sol";
import {Lease, LeaseState, Terms} from "../../../src/types/Lease.sol";
import {Funding} from "../../utils/Funding.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";

contract TopUpTest is LeaseFixture {
    function test_RevertWhen_AmountIsZero() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.expectRevert(ILeaseManager.AmountZero.selector);
        manager.topUp(id, terms, 0, "");
    }

    function test_RevertWhen_UnknownOrClosed() external {
        (bytes32 id, Terms memory terms) = _reserved();
        _expectRevert(ILeaseManager.LeaseUnknown.selector, "?");
        manager.topUp("?", terms, 1, "");
        _close(tenant, id, terms);
        _expectState(id, LeaseState.Closed);
        vm.prank(tenant);
        manager.topUp(id, terms, 1, "");
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
        manager.topUp(id, terms, most + 1, "");
        manager.topUp(id, terms, most, "");
    }

    function test_RevertWhen_NobodyPays() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.expectRevert();
        vm.prank(address(0xB4D));
        manager.topUp(id, terms, 1, "");
    }

    function test_AddsEscrow_InEveryOpenState() external {
        _fund(stranger, 30);
        (bytes32 id, Terms memory terms) = _reserved();
        _add(id, terms, 10);
        vm.prank(operator);
        manager.activate(id, terms);
        _add(id, terms, 20);
        _close(tenant, id, terms);
        _add(id, terms, 30);
    }

    function _add(bytes32 id, Terms memory terms, uint96 sum) private {
        Lease memory before = manager.lease(id);
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseToppedUp(id, stranger, 10, DEPOSIT + sum);
        vm.prank(stranger);
        manager.topUp(id, terms, 10, "");
        Lease memory l = manager.lease(id);
        vm.assertEq(l.escrow, DEPOSIT + sum, "escrow");
        before.escrow = l.escrow;
        vm.assertEq(keccak256(abi.encode(l)), keccak256(abi.encode(before)), "nothing else changed");
    }

    function test_RefundGoesToThePayer() external {
        _fund(stranger, 10);
        (bytes32 id, Terms memory terms) = _reserved();
        vm.prank(stranger);
        manager.topUp(id, terms, 10, "");
        vm.prank(operator);
        manager.refuse(id, terms);
        vm.assertEq(_balance(tenant), 5 * DEPOSIT + 10, "payer");
        vm.assertEq(_balance(stranger), 0, "not who topped up");
    }

    function test_ByPermit() external {
        (bytes32 id, Terms memory terms) = _active();
        address signer = vm.addr(SESSION_KEY);
        token.mint(signer, 100);
        bytes memory funding = Funding.permit(SESSION_KEY, address(token), address(vault), 100, block.timestamp);
        vm.prank(signer);
        manager.topUp(id, terms, 100, funding);
        vm.assertEq(_lease(id).escrow, DEPOSIT + 100, "escrow");
    }
}
