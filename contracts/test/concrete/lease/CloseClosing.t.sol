// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {CloseReason, LeaseState, Terms} from "../../../src/types/Lease.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";

contract CloseClosingTest is LeaseFixture {
    function test_WaitsForTheFinalReceipt() external {
        (bytes32 id, Terms memory terms) = _active();
        _close(tenant, id, terms);
        uint256 last = START + NOTICE + SUBMIT;
        vm.warp(last);
        address[3] memory callers = [tenant, operator, stranger];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ILeaseManager.NotYetClosable.selector, id, last + 1));
            _close(callers[i], id, terms);
        }
        vm.warp(last + 1);
        _expectClosed(id, CloseReason.Tenant, MIN_CHARGE, DEPOSIT - MIN_CHARGE - BOUNTY, MIN_CHARGE);
        _close(stranger, id, terms);
        vm.assertEq(_balance(payout), _net(MIN_CHARGE), "provider, at once");
        vm.assertEq(_balance(stranger), BOUNTY, "bounty");
        vm.assertEq(_balance(tenant), 5 * DEPOSIT - MIN_CHARGE - BOUNTY, "tenant");
        vm.assertEq(_locked(address(manager)), 0, "locked");
        vm.assertEq(_sliced(), 0, "slice");
        vm.assertTrue(_lease(id).sliceFreed, "freed");
    }

    function test_ProviderThatLeft_GetsUsageOnly() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 50);
        _settle(terms, _receipt(id, 1, 50));
        _close(provider, id, terms);
        vm.warp(START + 51 + NOTICE + SUBMIT);
        _expectClosed(id, CloseReason.Provider, 50 * RATE, DEPOSIT - 50 * RATE, 0);
        _close(tenant, id, terms);
    }

    function test_NothingMore_WhenUsageIsAboveTheMinimum() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 500);
        _settle(terms, _receipt(id, 1, 500));
        _close(tenant, id, terms);
        vm.warp(START + 501 + NOTICE + SUBMIT);
        _expectClosed(id, CloseReason.Tenant, 500 * RATE, DEPOSIT - 500 * RATE, 0);
        _close(tenant, id, terms);
    }

    function test_TheDifference_WhenUsageIsBelowTheMinimum() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 50);
        _settle(terms, _receipt(id, 1, 50));
        _close(tenant, id, terms);
        vm.warp(START + 51 + NOTICE + SUBMIT);
        _expectClosed(id, CloseReason.Tenant, MIN_CHARGE, DEPOSIT - MIN_CHARGE, MIN_CHARGE - 50 * RATE);
        _close(tenant, id, terms);
    }

    /// @dev Escrow + claimed stays at least the deposit, which covers the minimum; but a stranger's deposit may be less.
    function test_MinimumIsTheEscrowAtMost_AndComesBeforeTheBounty() external {
        Terms memory terms = _default();
        bytes32 id = _run(terms, MIN_CHARGE / 2);
        _close(tenant, id, terms);
        vm.warp(START + 1 + NOTICE + SUBMIT);
        _expectClosed(id, CloseReason.Escrow, MIN_CHARGE / 2, 0, MIN_CHARGE / 2);
        _close(stranger, id, terms);
        vm.assertEq(_balance(stranger), 0, "nothing left for a bounty");
    }

    function test_PendingGoesOn_AndKeepsTheSlice() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 500);
        _close(tenant, id, terms);
        vm.warp(START + 500 + NOTICE + SUBMIT);
        _settle(terms, _receipt(id, 1, 500));
        vm.warp(START + 501 + NOTICE + SUBMIT);
        _close(stranger, id, terms);
        _assertState(id, LeaseState.Closed);
        vm.assertEq(_lease(id).escrow, 0, "escrow");
        vm.assertEq(_pending(id), 500 * RATE, "pending");
        vm.assertEq(_locked(address(manager)), 500 * RATE, "locked");
        vm.assertEq(_sliced(), SLICE, "slice");
        vm.warp(START + 501 + NOTICE + SUBMIT + 2 * MATURITY);
        vm.assertEq(_collect(id, terms), 500 * RATE, "matured");
        vm.assertEq(_balance(payout), _net(500 * RATE), "provider");
        vm.assertEq(_sliced(), 0, "slice is free");
        vm.assertEq(_locked(address(manager)), 0, "locked");
        _expectRevert(ILeaseManager.NothingPending.selector, id);
        _collect(id, terms);
    }

    function test_PaysWhatHasMatured() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 50);
        _settle(terms, _receipt(id, 1, 50));
        _close(tenant, id, terms);
        vm.warp(START + 50 + NOTICE + SUBMIT + 2 * MATURITY);
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeasePaid(id, provider, MIN_CHARGE, MIN_CHARGE, 0, MIN_CHARGE / 200);
        _close(tenant, id, terms);
        vm.assertEq(_balance(payout), _net(MIN_CHARGE), "usage and minimum in one payment");
        vm.assertEq(_sliced(), 0, "slice");
    }

    function test_RevertWhen_AnotherReasonStands() external {
        (bytes32 id, Terms memory terms) = _active();
        _close(tenant, id, terms);
        vm.warp(START + 1 + NOTICE + SUBMIT);
        bytes4 why = ILeaseManager.ReasonDiffers.selector;
        vm.expectRevert(abi.encodeWithSelector(why, id, CloseReason.Tenant, CloseReason.Provider));
        manager.close(id, terms, CloseReason.Provider);
        vm.prank(operator);
        manager.close(id, terms, CloseReason.Tenant);
        vm.assertEq(_balance(operator), 0, "no bounty for a party");
    }
}
