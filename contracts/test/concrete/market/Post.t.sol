// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {IMarket} from "../../../src/interfaces/IMarket.sol";
import {Request} from "../../../src/types/Lease.sol";
import {Wallet} from "../../utils/Wallet.sol";
import {MarketFixture} from "./MarketFixture.sol";

contract PostTest is MarketFixture {
    function _postRefused(address sender, Request memory r, uint32 window, bytes memory error_) private {
        vm.expectRevert(error_);
        vm.prank(sender);
        market.post(r, window, "");
    }

    function test_RevertWhen_NotSentByTenantOrSponsor() external {
        Request memory r = _request();
        bytes memory why = abi.encodeWithSelector(IMarket.NotMaker.selector, stranger, tenant);
        _postRefused(stranger, r, WINDOW, why);
        r.sponsor = stranger;
        _postRefused(tenant, r, WINDOW, abi.encodeWithSelector(IMarket.NotSponsor.selector, tenant, stranger));
    }

    /// @dev Or a provider could be its own sponsor and have any contract told any result.
    function test_RevertWhen_ASponsorWantsTheTenantCalledBack() external {
        Wallet victim = new Wallet(tenant);
        _fund(provider, 3 * DEPOSIT);
        Request memory r = _request();
        (r.tenant, r.sponsor, r.callback) = (address(victim), provider, true);
        _postRefused(provider, r, WINDOW, abi.encodeWithSelector(IMarket.NotMaker.selector, provider, victim));
        r.callback = false;
        vm.prank(provider);
        market.post(r, WINDOW, "");
    }

    function test_RevertWhen_OpeningIsPaused() external {
        vm.prank(guardian);
        parameters.pauseOpening();
        _postRefused(tenant, _request(), WINDOW, abi.encodeWithSelector(IMarket.OpeningIsPaused.selector));
    }

    function test_RevertWhen_WindowIsOutOfRange() external {
        bytes4 why = IMarket.WindowOutOfRange.selector;
        uint32[2] memory bad = [uint32(59), 7 days + 1];
        for (uint256 i = 0; i < 2; ++i) {
            _postRefused(tenant, _request(), bad[i], abi.encodeWithSelector(why, bad[i], 60, 7 days));
        }
        vm.prank(tenant);
        market.post(_request(), 60, "");
        Request memory r = _request();
        r.salt = 1;
        r.fills = 1;
        vm.prank(tenant);
        market.post(r, 7 days, "");
    }

    function test_RevertWhen_FillsAreOutOfRange() external {
        Request memory r = _request();
        r.deposit = DEPOSIT / 10;
        uint32[2] memory bad = [uint32(0), 17];
        for (uint256 i = 0; i < 2; ++i) {
            r.fills = bad[i];
            _postRefused(tenant, r, WINDOW, abi.encodeWithSelector(IMarket.FillsOutOfRange.selector, bad[i], 16));
        }
        r.fills = 16;
        _post(r);
    }

    function test_RevertWhen_DepositIsZeroOrTooLarge() external {
        Request memory r = _request();
        r.deposit = 0;
        _postRefused(tenant, r, WINDOW, abi.encodeWithSelector(IMarket.DepositTooLow.selector, 0, 1));
        r.deposit = type(uint96).max;
        bytes4 why = ILeaseManager.EscrowTooLarge.selector;
        uint256 total = 3 * uint256(type(uint96).max);
        _postRefused(tenant, r, WINDOW, abi.encodeWithSelector(why, market.requestHash(r), total));
    }

    function test_RevertWhen_PostedBefore() external {
        bytes32 requested = _post(_request());
        bytes memory why = abi.encodeWithSelector(IMarket.AlreadyPosted.selector, requested);
        _postRefused(tenant, _request(), WINDOW, why);
        vm.prank(tenant);
        market.withdrawPost(_request());
        _postRefused(tenant, _request(), WINDOW, why);
    }

    function test_RevertWhen_OrderIsDead() external {
        Request memory r = _request();
        bytes32 requested = market.requestHash(r);
        vm.prank(tenant);
        market.cancelRequest(r);
        _postRefused(tenant, r, WINDOW, abi.encodeWithSelector(IMarket.OrderWasCancelled.selector, requested));
        r.counter = 1;
        _postRefused(tenant, r, WINDOW, abi.encodeWithSelector(IMarket.CounterStale.selector, tenant, 0, 1));
        (r.counter, r.expiresAt) = (0, START + WINDOW + AWARD - 1);
        requested = market.requestHash(r);
        bytes4 why = IMarket.OrderExpired.selector;
        _postRefused(tenant, r, WINDOW, abi.encodeWithSelector(why, requested, r.expiresAt));
    }

    function test_RevertWhen_MatchedBefore() external {
        Request memory r = _request();
        bytes32 requested = market.requestHash(r);
        _match(_offer(), r);
        _postRefused(tenant, r, WINDOW, abi.encodeWithSelector(IMarket.OrderFilled.selector, requested, 3));
        (r.salt, r.fills) = (1, 1);
        requested = market.requestHash(r);
        _match(_offer(), r);
        _postRefused(tenant, r, WINDOW, abi.encodeWithSelector(IMarket.OrderFilled.selector, requested, 1));
    }

    function test_RevertWhen_PostedRequestIsMatchedOrCancelled() external {
        Request memory r = _request();
        bytes memory why = abi.encodeWithSelector(IMarket.AlreadyPosted.selector, _post(r));
        _refused(_offer(), r, why);
        vm.expectRevert(why);
        vm.prank(tenant);
        market.cancelRequest(r);
    }

    function test_Posts_AndHoldsAllFills() external {
        Request memory r = _request();
        bytes32 requested = market.requestHash(r);
        vm.expectEmit(address(market));
        emit IMarket.RequestPosted(requested, tenant, START + WINDOW, START + WINDOW + AWARD, r);
        vm.expectEmit(address(manager));
        emit ILeaseManager.FundsHeld(address(token), tenant, 3 * DEPOSIT, requested);
        vm.assertEq(_post(r), requested, "hash");
        IMarket.Post memory post = market.posted(requested);
        vm.assertEq(post.biddingUntil, START + WINDOW, "bidding");
        vm.assertEq(post.awardUntil, START + WINDOW + AWARD, "award");
        vm.assertEq(post.held, 3 * DEPOSIT, "held");
        vm.assertEq(post.awarded, 0, "awarded");
        vm.assertEq(_locked(address(manager)), 3 * DEPOSIT, "locked");
        vm.assertEq(_balance(tenant), 2 * DEPOSIT, "balance");
        vm.assertEq(market.bids(requested).length, 0, "bids");
        vm.assertEq(market.posted(keccak256("none")).biddingUntil, 0, "unknown");
    }

    function test_ContractPosts_WithoutSignature() external {
        Wallet wallet = new Wallet(tenant);
        _fund(address(wallet), 3 * DEPOSIT);
        Request memory r = _request();
        r.tenant = address(wallet);
        wallet.call(address(market), abi.encodeCall(IMarket.post, (r, WINDOW, "")));
        vm.assertEq(market.posted(market.requestHash(r)).held, 3 * DEPOSIT, "held");
        vm.assertEq(token.balanceOf(address(wallet)), 0, "paid by allowance");
    }

    function test_SponsorPosts_AndPays() external {
        _fund(stranger, 3 * DEPOSIT);
        Request memory r = _request();
        r.sponsor = stranger;
        vm.prank(stranger);
        bytes32 requested = market.post(r, WINDOW, "");
        vm.assertEq(market.posted(requested).held, 3 * DEPOSIT, "held");
        vm.assertEq(token.balanceOf(stranger), 0, "paid");
        vm.assertEq(_balance(tenant), 5 * DEPOSIT, "tenant did not");
    }
}
