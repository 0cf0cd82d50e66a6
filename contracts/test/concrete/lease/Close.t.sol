// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {CloseReason, Lease, LeaseState, Request, Terms} from "../../../src/types/Lease.sol";
import {Fixture} from "../../utils/Fixture.sol";

contract CloseTest is Fixture {
    function _close(address caller, bytes32 id, Terms memory terms) private {
        vm.prank(caller);
        manager.close(id, terms);
    }

    function _expectClosing(bytes32 id, CloseReason reason, uint40 endsAt) private {
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseClosing(id, provider, reason, endsAt);
    }

    function _expectClosed(bytes32 id, CloseReason reason, uint96 paid, uint96 refund) private {
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseClosed(id, provider, reason, paid, refund);
    }

    function test_RevertWhen_UnknownDifferentOrClosed() external {
        (bytes32 id, Terms memory terms) = _reserved();
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.LeaseUnknown.selector, bytes32("?")));
        manager.close(bytes32("?"), terms);
        terms.noticeSeconds += 1;
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.TermsDiffer.selector, id));
        _close(tenant, id, terms);
        terms.noticeSeconds -= 1;
        _close(tenant, id, terms);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.StateWrong.selector, id, LeaseState.Closed));
        _close(tenant, id, terms);
    }

    function test_Reserved_ByTheTenant() external {
        (bytes32 id, Terms memory terms) = _reserved();
        _expectClosed(id, CloseReason.Tenant, 0, DEPOSIT);
        _close(tenant, id, terms);
        vm.assertEq(vault.balanceOf(address(token), tenant), 5 * DEPOSIT, "refund");
    }

    function test_Reserved_ByAnyoneAfterActivateBy() external {
        (bytes32 id, Terms memory terms) = _reserved();
        vm.warp(terms.activateBy);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.NotParty.selector, id, stranger));
        _close(stranger, id, terms);
        vm.warp(terms.activateBy + 1);
        _expectClosed(id, CloseReason.NotActivated, 0, DEPOSIT);
        _close(stranger, id, terms);
    }

    function test_Active_ByAnyoneAtTheEndOfTheTerm() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + TERM - 1);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.NotParty.selector, id, stranger));
        _close(stranger, id, terms);
        vm.warp(START + TERM + 50);
        _expectClosing(id, CloseReason.Term, START + TERM);
        _close(stranger, id, terms);
    }

    function test_Active_WhenEscrowIsAtTheReserve() external {
        Request memory r = _request();
        r.deposit = uint96(RATE * (NOTICE + 1000));
        (bytes32 id, Terms memory terms) = _match(_offer(), r);
        vm.prank(operator);
        manager.activate(id, terms);
        vm.warp(START + 999);
        _settle(terms, _receipt(id, 1, 999));
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.NotParty.selector, id, stranger));
        _close(stranger, id, terms);
        vm.warp(START + 1000);
        _settle(terms, _receipt(id, 2, 1000));
        vm.assertEq(manager.lease(id).escrow, manager.closingReserve(terms), "at the reserve");
        _expectClosing(id, CloseReason.Escrow, START + 1000 + NOTICE);
        _close(operator, id, terms);
        vm.warp(START + 1000 + NOTICE);
        vm.assertEq(_settle(terms, _receipt(id, 3, 1000 + NOTICE)), RATE * NOTICE, "the reserve pays the notice");
    }

    function test_Active_ByTheTenant() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 10);
        _expectClosing(id, CloseReason.Tenant, START + 10 + NOTICE);
        _close(tenant, id, terms);
        Lease memory l = manager.lease(id);
        vm.assertTrue(l.state == LeaseState.Closing, "state");
        vm.assertTrue(l.reason == CloseReason.Tenant, "reason");
        vm.assertEq(l.endsAt, START + 10 + NOTICE, "endsAt");
    }

    function test_Active_ByProviderOrOperator() external {
        (bytes32 id, Terms memory terms) = _active();
        _expectClosing(id, CloseReason.Provider, START + NOTICE);
        _close(provider, id, terms);
        (id, terms) = _active();
        _expectClosing(id, CloseReason.Provider, START + NOTICE);
        _close(operator, id, terms);
    }

    function test_Active_NoticeEndsWithTheTerm() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + TERM - 10);
        _expectClosing(id, CloseReason.Tenant, START + TERM);
        _close(tenant, id, terms);
    }

    function test_Closing_WaitsForTheFinalReceipt() external {
        (bytes32 id, Terms memory terms) = _active();
        _close(tenant, id, terms);
        vm.warp(START + NOTICE + SUBMIT);
        address[3] memory callers = [tenant, operator, stranger];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ILeaseManager.NotYetClosable.selector, id));
            _close(callers[i], id, terms);
        }
        vm.warp(START + NOTICE + SUBMIT + 1);
        _expectClosed(id, CloseReason.Tenant, MIN_CHARGE, DEPOSIT - MIN_CHARGE);
        _close(stranger, id, terms);
        vm.assertEq(vault.balanceOf(address(token), payout), MIN_CHARGE, "provider");
        vm.assertEq(vault.lockedOf(address(manager), address(token)), 0, "locked");
    }

    function test_Closing_ProviderThatLeft_GetsUsageOnly() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 50);
        _settle(terms, _receipt(id, 1, 50));
        _close(provider, id, terms);
        vm.warp(START + 51 + NOTICE + SUBMIT);
        _expectClosed(id, CloseReason.Provider, uint96(50 * RATE), uint96(DEPOSIT - 50 * RATE));
        _close(tenant, id, terms);
    }

    function test_Closing_NothingMore_WhenUsageIsAboveTheMinimum() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 500);
        _settle(terms, _receipt(id, 1, 500));
        _close(tenant, id, terms);
        vm.warp(START + 501 + NOTICE + SUBMIT);
        _expectClosed(id, CloseReason.Tenant, uint96(500 * RATE), uint96(DEPOSIT - 500 * RATE));
        _close(tenant, id, terms);
    }
}
