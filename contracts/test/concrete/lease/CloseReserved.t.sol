// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {CloseReason, LeaseState, Terms} from "../../../src/types/Lease.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";

contract CloseReservedTest is LeaseFixture {
    function test_RevertWhen_UnknownDifferentOrClosed() external {
        (bytes32 id, Terms memory terms) = _reserved();
        _expectRevert(ILeaseManager.LeaseUnknown.selector, "?");
        _close(tenant, "?", terms);
        terms.noticeSeconds += 1;
        _expectRevert(ILeaseManager.TermsDiffer.selector, id);
        _close(tenant, id, terms);
        terms.noticeSeconds -= 1;
        _close(tenant, id, terms);
        _expectState(id, LeaseState.Closed);
        _close(tenant, id, terms);
    }

    function test_ByTheTenant_PaysTheReservationFee() external {
        (bytes32 id, Terms memory terms) = _reserved();
        uint256 fee = uint256(RESERVATION_FEE) * FEE_BPS / 10_000;
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeasePaid(id, provider, RESERVATION_FEE, RESERVATION_FEE, 0, uint96(fee));
        _expectClosed(id, CloseReason.Tenant, RESERVATION_FEE, DEPOSIT - RESERVATION_FEE, RESERVATION_FEE);
        _close(tenant, id, terms);
        vm.assertEq(_balance(tenant), 5 * DEPOSIT - RESERVATION_FEE, "tenant");
        vm.assertEq(_balance(payout), RESERVATION_FEE - fee, "provider");
        vm.assertEq(_balance(treasury), fee, "treasury");
        vm.assertEq(_sliced(), 0, "slice");
        vm.assertEq(_locked(address(manager)), 0, "locked");
        _expectRevert(ILeaseManager.NothingPending.selector, id);
        _collect(id, terms);
    }

    function test_ByTheTenant_PaysTheEscrowAtMost() external {
        Terms memory terms = _default();
        terms.reservationFee = DEPOSIT;
        bytes32 id = _open(terms, DEPOSIT / 2);
        _expectClosed(id, CloseReason.Tenant, DEPOSIT / 2, 0, DEPOSIT / 2);
        _close(tenant, id, terms);
    }

    function test_ByTheTenant_WithoutFee() external {
        Terms memory terms = _default();
        terms.reservationFee = 0;
        bytes32 id = _open(terms, DEPOSIT);
        _expectClosed(id, CloseReason.Tenant, 0, DEPOSIT, 0);
        _close(tenant, id, terms);
        vm.assertEq(_balance(tenant), 5 * DEPOSIT, "tenant");
    }

    function test_ByAnyoneAfterActivateBy_WithPenalty() external {
        (bytes32 id, Terms memory terms) = _reserved();
        vm.warp(terms.activateBy);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.NotParty.selector, id, stranger));
        _close(stranger, id, terms);
        vm.warp(terms.activateBy + 1);
        _expectClosed(id, CloseReason.NotActivated, 0, DEPOSIT, 0);
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeasePenalised(id, provider, terms.penalty);
        _close(stranger, id, terms);
        vm.assertEq(_balance(tenant), 5 * DEPOSIT + terms.penalty, "refund and penalty");
        vm.assertEq(_balance(stranger), 0, "no bounty");
        vm.assertEq(_sliced(), 0, "slice");
        vm.assertEq(_locked(address(registry)), STAKE - terms.penalty, "stake");
    }

    /// @dev The fact decides: a tenant that closes too late to give up gets the penalty and owes no fee.
    function test_ByTheTenantAfterActivateBy_IsNotActivated() external {
        (bytes32 id, Terms memory terms) = _reserved();
        vm.warp(terms.activateBy + 1);
        _expectClosed(id, CloseReason.NotActivated, 0, DEPOSIT, 0);
        _close(tenant, id, terms);
    }

    function test_WithoutPenalty() external {
        Terms memory terms = _default();
        terms.penalty = 0;
        bytes32 id = _open(terms, DEPOSIT);
        vm.warp(terms.activateBy + 1);
        _close(stranger, id, terms);
        vm.assertEq(_locked(address(registry)), STAKE, "stake");
        vm.assertEq(_sliced(), 0, "slice");
    }

    function test_PenaltyIsTheSliceAtMost() external {
        Terms memory terms = _default();
        terms.penalty = terms.slice + 1;
        bytes32 id = _open(terms, DEPOSIT);
        vm.warp(terms.activateBy + 1);
        _close(stranger, id, terms);
        vm.assertEq(_locked(address(registry)), STAKE - terms.slice, "stake");
    }

    function test_RefundsTheSponsor() external {
        address sponsor = address(0x5905);
        _fund(sponsor, DEPOSIT);
        Terms memory terms = _default();
        terms.payer = sponsor;
        bytes32 id = _open(terms, DEPOSIT);
        vm.warp(terms.activateBy + 1);
        _close(stranger, id, terms);
        vm.assertEq(_balance(sponsor), DEPOSIT + terms.penalty, "sponsor");
        vm.assertEq(_balance(tenant), 5 * DEPOSIT, "tenant");
    }

    function test_RevertWhen_AnotherReasonWouldStand() external {
        (bytes32 id, Terms memory terms) = _reserved();
        bytes4 why = ILeaseManager.ReasonDiffers.selector;
        vm.startPrank(tenant);
        vm.expectRevert(abi.encodeWithSelector(why, id, CloseReason.Tenant, CloseReason.NotActivated));
        manager.close(id, terms, CloseReason.NotActivated);
        vm.warp(terms.activateBy + 1);
        vm.expectRevert(abi.encodeWithSelector(why, id, CloseReason.NotActivated, CloseReason.Tenant));
        manager.close(id, terms, CloseReason.Tenant);
        manager.close(id, terms, CloseReason.NotActivated);
    }
}
