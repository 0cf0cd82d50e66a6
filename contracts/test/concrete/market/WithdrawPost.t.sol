// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {IMarket} from "../../../src/interfaces/IMarket.sol";
import {Offer, Request} from "../../../src/types/Lease.sol";
import {MarketFixture} from "./MarketFixture.sol";

contract WithdrawPostTest is MarketFixture {
    function _withdrawRefused(address sender, bytes memory error_) private {
        vm.expectRevert(error_);
        vm.prank(sender);
        market.withdrawPost(_request());
    }

    function test_RevertWhen_NotPosted() external {
        bytes32 requested = market.requestHash(_request());
        _withdrawRefused(tenant, abi.encodeWithSelector(IMarket.NotPosted.selector, requested));
    }

    function test_RevertWhen_AStrangerIsEarly() external {
        _post(_request());
        _withdrawRefused(stranger, abi.encodeWithSelector(IMarket.NotMaker.selector, stranger, tenant));
    }

    function test_RevertWhen_ThereAreBids() external {
        (bytes32 requested,) = _bidding(_request(), 1);
        uint40 until = START + WINDOW + AWARD;
        bytes memory why = abi.encodeWithSelector(IMarket.AwardNotOver.selector, requested, until);
        _withdrawRefused(tenant, why);
        vm.warp(until);
        _withdrawRefused(tenant, why);
    }

    function test_RevertWhen_WithdrawnOrAwarded() external {
        bytes32 requested = _post(_request());
        vm.prank(tenant);
        market.withdrawPost(_request());
        _withdrawRefused(tenant, abi.encodeWithSelector(IMarket.NothingToAward.selector, requested));

        Request memory r = _request();
        (r.salt, r.fills) = (1, 1);
        Offer[] memory ranked;
        (requested, ranked) = _bidding(r, 1);
        _close();
        market.award(r, ranked);
        vm.expectRevert(abi.encodeWithSelector(IMarket.NothingToAward.selector, requested));
        vm.prank(tenant);
        market.withdrawPost(r);
    }

    function test_TenantWithoutBids_AtOnce() external {
        bytes32 requested = _post(_request());
        vm.expectEmit(address(market));
        emit IMarket.PostWithdrawn(requested, 3 * DEPOSIT);
        vm.expectEmit(address(manager));
        emit ILeaseManager.FundsUnheld(address(token), tenant, 3 * DEPOSIT);
        vm.prank(tenant);
        market.withdrawPost(_request());
        vm.assertEq(_balance(tenant), 5 * DEPOSIT, "refund");
        vm.assertEq(market.posted(requested).held, 0, "held");
        vm.assertTrue(market.cancelled(requested), "for good");
        vm.assertEq(_locked(address(manager)), 0, "locked");
    }

    function test_Anyone_AfterTheAwardTime_AlsoWhenPaused() external {
        _bidding(_request(), 2);
        vm.prank(guardian);
        parameters.pauseOpening();
        vm.warp(START + WINDOW + AWARD + 1);
        vm.prank(stranger);
        market.withdrawPost(_request());
        vm.assertEq(_balance(tenant), 5 * DEPOSIT, "refund");
    }

    function test_Sponsor_IsRefunded() external {
        Request memory r = _request();
        r.sponsor = stranger;
        _fund(stranger, 6 * DEPOSIT);
        vm.prank(stranger);
        market.post(r, WINDOW, "");
        vm.prank(tenant);
        market.withdrawPost(r);
        vm.assertEq(_balance(stranger), 3 * DEPOSIT, "sponsor");
        r.salt = 1;
        vm.startPrank(stranger);
        market.post(r, WINDOW, "");
        market.withdrawPost(r);
        vm.stopPrank();
        vm.assertEq(_balance(stranger), 3 * DEPOSIT, "by the sponsor itself");
        vm.assertEq(_balance(tenant), 5 * DEPOSIT, "tenant");
    }
}
