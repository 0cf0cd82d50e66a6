// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "../../../src/interfaces/IDatacenterRegistry.sol";
import {IMarket} from "../../../src/interfaces/IMarket.sol";
import {Offer, Request} from "../../../src/types/Lease.sol";
import {MarketFixture} from "./MarketFixture.sol";

contract BidTest is MarketFixture {
    function test_RevertWhen_NotPosted() external {
        Request memory r = _request();
        bytes memory why = abi.encodeWithSelector(IMarket.NotPosted.selector, market.requestHash(r));
        _bidRefused(r, _bidOf(provider, r, 0), why);
    }

    function test_RevertWhen_BiddingIsOver() external {
        Request memory r = _request();
        bytes32 requested = _post(r);
        vm.warp(START + WINDOW);
        _bid(r, _bidOf(provider, r, 0));
        vm.warp(START + WINDOW + 1);
        bytes4 why = IMarket.BiddingOver.selector;
        _bidRefused(r, _bidOf(provider, r, 1), abi.encodeWithSelector(why, requested, START + WINDOW));
    }

    function test_RevertWhen_Withdrawn() external {
        Request memory r = _request();
        bytes32 requested = _post(r);
        vm.prank(tenant);
        market.withdrawPost(r);
        bytes4 why = IMarket.OrderWasCancelled.selector;
        _bidRefused(r, _bidOf(provider, r, 0), abi.encodeWithSelector(why, requested));
    }

    function test_RevertWhen_OfferIsNotForIt() external {
        Request memory r = _request();
        bytes32 requested = _post(r);
        bytes4 why = IMarket.OfferForOtherRequest.selector;
        _bidRefused(r, _offer(), abi.encodeWithSelector(why, bytes32(0), requested));
    }

    function test_RevertWhen_OfferHasNoVolume() external {
        Request memory r = _request();
        _post(r);
        Offer memory o = _bidOf(provider, r, 0);
        o.volume = 0;
        _bidRefused(r, o, abi.encodeWithSelector(IMarket.OrderFilled.selector, market.offerHash(o), 0));
    }

    function test_RevertWhen_NotSentByTheOperator() external {
        Request memory r = _request();
        _post(r);
        Offer memory o = _bidOf(provider, r, 0);
        vm.expectRevert(abi.encodeWithSelector(IMarket.NotOperator.selector, stranger, operator));
        vm.prank(stranger);
        market.bid(r, o);
        vm.prank(provider);
        market.bid(r, o);
    }

    function test_RevertWhen_OrdersDoNotFit() external {
        Request memory r = _request();
        r.provider = provider;
        _post(r);
        (address other,) = _datacenter(1);
        bytes4 why = IMarket.ProviderNotWanted.selector;
        _bidRefused(r, _bidOf(other, r, 0), abi.encodeWithSelector(why, other, provider));
        Offer memory o = _bidOf(provider, r, 0);
        o.prices.cpu = 2e9 + 1;
        _bidRefused(r, o, abi.encodeWithSelector(IMarket.PriceAboveMaximum.selector, "cpu", 2e9 + 1, 2e9));
    }

    function test_RevertWhen_ItWouldNotHold() external {
        Request memory r = _request();
        (r.auditor, r.app) = (auditor, apps.register(keccak256("image"), stranger, 100, "app"));
        r.deposit = uint96(RESERVE + MIN_CHARGE);
        _post(r);
        Offer memory o = _bidOf(provider, r, 0);
        _bidRefused(r, o, abi.encodeWithSelector(IMarket.AttestationMissing.selector, auditor, 5));
        vm.prank(auditor);
        registry.attest(auditor, IDatacenterRegistry.Attestation(provider, 5, START, START + 1 days, 0), "");
        o.maxRoyaltyBps = 99;
        _bidRefused(r, o, abi.encodeWithSelector(IMarket.RoyaltyAboveMaximum.selector, 100, 99));
        o.maxRoyaltyBps = 100;
        o.startFee = 1;
        uint256 needed = RESERVE + MIN_CHARGE + 1;
        _bidRefused(r, o, abi.encodeWithSelector(IMarket.DepositTooLow.selector, r.deposit, needed));
        o.startFee = 0;
        o.counter = 1;
        _bidRefused(r, o, abi.encodeWithSelector(IMarket.CounterStale.selector, provider, 0, 1));
        (o.counter, o.expiresAt) = (0, START + WINDOW + AWARD - 1);
        bytes32 offered = market.offerHash(o);
        _bidRefused(r, o, abi.encodeWithSelector(IMarket.OrderExpired.selector, offered, o.expiresAt));
        o.expiresAt += 1;
        vm.prank(operator);
        market.cancelOffer(o);
        _bidRefused(r, o, abi.encodeWithSelector(IMarket.OrderWasCancelled.selector, market.offerHash(o)));
        o.salt = 1;
        _bid(r, o);
    }

    function test_RevertWhen_ProviderIsNotOpen() external {
        Request memory r = _request();
        r.requiredCapabilities = 8;
        _post(r);
        _bidRefused(r, _bidOf(provider, r, 0), abi.encodeWithSelector(IMarket.CapabilityMissing.selector, 8));
        vm.prank(provider);
        registry.setActive(false);
        bytes4 why = IMarket.ProviderNotActive.selector;
        _bidRefused(r, _bidOf(provider, r, 0), abi.encodeWithSelector(why, provider));
    }

    function test_RevertWhen_StakeIsTooLow() external {
        Request memory r = _request();
        _post(r);
        _join(stranger, operator, payout);
        bytes4 why = IDatacenterRegistry.StakeTooLow.selector;
        _bidRefused(r, _bidOf(stranger, r, 0), abi.encodeWithSelector(why, stranger, address(token), 0, SLICE));
    }

    function test_RevertWhen_OpeningIsPaused() external {
        Request memory r = _request();
        _post(r);
        vm.prank(guardian);
        parameters.pauseOpening();
        _bidRefused(r, _bidOf(provider, r, 0), abi.encodeWithSelector(IMarket.OpeningIsPaused.selector));
    }

    function test_Bids_CheapestFirst() external {
        Request memory r = _request();
        bytes32 requested = _post(r);
        (address second,) = _datacenter(1);
        (address third,) = _datacenter(2);
        Offer memory a = _bidOf(provider, r, 5);
        Offer memory b = _bidOf(second, r, 7);
        Offer memory c = _bidOf(third, r, 6);
        vm.expectEmit(address(market));
        emit IMarket.BidPlaced(requested, provider, market.offerHash(a), COST - 5 * TERM, a);
        _bid(r, a);
        _bid(r, b);
        _bid(r, c);
        _isBid(requested, 0, b);
        _isBid(requested, 1, c);
        _isBid(requested, 2, a);
        vm.assertEq(market.bids(requested)[2].cost, COST - 5 * TERM, "cost");
    }

    function test_EarlierBidFirst_WhereTwoCostTheSame() external {
        Request memory r = _request();
        bytes32 requested = _post(r);
        (address second,) = _datacenter(1);
        Offer memory a = _bidOf(provider, r, 5);
        Offer memory b = _bidOf(second, r, 5);
        _bid(r, b);
        _bid(r, a);
        _isBid(requested, 0, b);
        // Bid again: later than the other one now.
        _bid(r, b);
        _isBid(requested, 0, a);
        _isBid(requested, 1, b);
    }

    function test_SecondBidOfAProvider_ReplacesTheFirst() external {
        Request memory r = _request();
        (bytes32 requested, Offer[] memory ranked) = _bidding(r, 3);
        Offer memory o = _bidOf(provider, r, 9);
        _bid(r, o);
        vm.assertEq(market.bids(requested).length, 3, "still three");
        _isBid(requested, 0, o);
        _isBid(requested, 1, ranked[0]);
        _isBid(requested, 2, ranked[1]);
        o = _bidOf(provider, r, 0);
        _bid(r, o);
        _isBid(requested, 0, ranked[0]);
        _isBid(requested, 2, o);
    }

    function test_Cost_IsStartFeeAndTheGreaterOfTermAndMinimum() external {
        Request memory r = _request();
        (r.durationSeconds, r.maxMinCharge) = (10, 10 * DEPOSIT);
        r.deposit = DEPOSIT;
        bytes32 requested = _post(r);
        Offer memory o = _bidOf(provider, r, 0);
        (o.startFee, o.minCharge) = (3, 99_999);
        _bid(r, o);
        vm.assertEq(market.bids(requested)[0].cost, 3 + 10 * RATE, "term");
        o.minCharge = 100_001;
        _bid(r, o);
        vm.assertEq(market.bids(requested)[0].cost, 100_004, "minimum");
    }

    /// @dev No lease can hold more than uint96, so a bid that would cost more costs as much as one that costs it all.
    function test_Cost_IsAtMostWhatALeaseCanHold() external {
        vm.prank(governor);
        parameters.set(_freeOfStake());
        Request memory r = _request();
        (r.maxPrices.cpu, r.minNoticeSeconds, r.durationSeconds) = (type(uint96).max, 0, 30 days);
        bytes32 requested = _post(r);
        Offer memory o = _bidOf(provider, r, 0);
        (o.prices.cpu, o.noticeSeconds) = (type(uint96).max, 0);
        _bid(r, o);
        vm.assertEq(market.bids(requested)[0].cost, type(uint96).max, "cost");
    }

    function test_Full_TheDearestMakesPlace() external {
        Request memory r = _request();
        (bytes32 requested, Offer[] memory ranked) = _bidding(r, 16);
        // The dearest is the first one that was placed; a new one at its cost comes too late.
        (address late,) = _datacenter(16);
        bytes4 why = IMarket.BidTooHigh.selector;
        Offer memory o = _bidOf(late, r, 0);
        vm.expectRevert(abi.encodeWithSelector(why, COST, COST));
        vm.prank(late);
        market.bid(r, o);

        o = _bidOf(late, r, 2);
        vm.expectEmit(address(market));
        emit IMarket.BidDropped(requested, provider, market.offerHash(ranked[15]), why);
        _bid(r, o);
        vm.assertEq(market.bids(requested).length, 16, "full");
        _isBid(requested, 0, ranked[0]);
        _isBid(requested, 13, ranked[13]);
        _isBid(requested, 14, o);
        _isBid(requested, 15, ranked[14]);

        // Who is in may replace its own, and who was pushed out may come again.
        _bid(r, _bidOf(late, r, 0));
        _isBid(requested, 14, ranked[14]);
        vm.assertEq(market.bids(requested)[15].cost, COST, "dearest");
        _bid(r, _bidOf(provider, r, 20));
        vm.assertEq(market.bids(requested)[0].provider, provider, "back");
        vm.assertEq(market.bids(requested).length, 16, "full");
    }
}
