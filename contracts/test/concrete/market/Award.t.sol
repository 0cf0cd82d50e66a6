// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {IMarket} from "../../../src/interfaces/IMarket.sol";
import {Lease, LeaseState, Offer, Request, Terms} from "../../../src/types/Lease.sol";
import {Wallet} from "../../utils/Wallet.sol";
import {MarketFixture} from "./MarketFixture.sol";

contract AwardTest is MarketFixture {
    function _awardRefused(Request memory r, Offer[] memory offers, bytes memory error_) private {
        vm.expectRevert(error_);
        market.award(r, offers);
    }

    function test_RevertWhen_NotPosted() external {
        bytes32 requested = market.requestHash(_request());
        bytes memory why = abi.encodeWithSelector(IMarket.NotPosted.selector, requested);
        _awardRefused(_request(), new Offer[](0), why);
    }

    function test_RevertWhen_BiddingIsNotOver() external {
        (bytes32 requested, Offer[] memory ranked) = _bidding(_request(), 1);
        vm.warp(START + WINDOW);
        bytes4 why = IMarket.BiddingNotOver.selector;
        _awardRefused(_request(), ranked, abi.encodeWithSelector(why, requested, START + WINDOW));
    }

    function test_RevertWhen_AwardIsOver() external {
        (bytes32 requested, Offer[] memory ranked) = _bidding(_request(), 1);
        uint40 until = START + WINDOW + AWARD;
        vm.warp(until + 1);
        _awardRefused(_request(), ranked, abi.encodeWithSelector(IMarket.AwardOver.selector, requested, until));
        vm.warp(until);
        market.award(_request(), ranked);
    }

    function test_RevertWhen_ThereIsNoBid() external {
        bytes32 requested = _post(_request());
        _close();
        bytes memory why = abi.encodeWithSelector(IMarket.NothingToAward.selector, requested);
        _awardRefused(_request(), new Offer[](0), why);
    }

    function test_RevertWhen_AwardedBefore() external {
        (bytes32 requested, Offer[] memory ranked) = _bidding(_request(), 1);
        _close();
        market.award(_request(), ranked);
        _awardRefused(_request(), ranked, abi.encodeWithSelector(IMarket.NothingToAward.selector, requested));
    }

    function test_RevertWhen_OffersAreNotTheBids() external {
        (, Offer[] memory ranked) = _bidding(_request(), 2);
        _close();
        bytes4 why = IMarket.BidUnknown.selector;
        (bytes32 first, bytes32 second) = (market.offerHash(ranked[0]), market.offerHash(ranked[1]));
        _awardRefused(_request(), _one(ranked[0]), abi.encodeWithSelector(why, second, bytes32(0)));
        Offer[] memory more = new Offer[](3);
        (more[0], more[1], more[2]) = (ranked[0], ranked[1], ranked[0]);
        _awardRefused(_request(), more, abi.encodeWithSelector(why, bytes32(0), first));
        (ranked[0], ranked[1]) = (ranked[1], ranked[0]);
        _awardRefused(_request(), ranked, abi.encodeWithSelector(why, first, second));
    }

    function test_RevertWhen_OpeningIsPaused() external {
        (, Offer[] memory ranked) = _bidding(_request(), 1);
        _close();
        vm.prank(guardian);
        parameters.pauseOpening();
        _awardRefused(_request(), ranked, abi.encodeWithSelector(IMarket.OpeningIsPaused.selector));
    }

    function test_Awards_TheCheapestOfSeveral() external {
        Request memory r = _request();
        r.fills = 2;
        (bytes32 requested, Offer[] memory ranked) = _bidding(r, 4);
        _close();
        Terms memory terms = _terms(ranked[0], r);
        bytes32 expected = keccak256(abi.encode(requested, uint32(0)));
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseMatched(
            expected, tenant, ranked[0].provider, requested, market.offerHash(ranked[0]), 0, DEPOSIT, terms
        );
        vm.prank(stranger);
        bytes32[] memory ids = market.award(r, ranked);

        vm.assertEq(ids.length, 2, "leases");
        vm.assertEq(ids[0], expected, "first");
        vm.assertEq(ids[1], keccak256(abi.encode(requested, uint32(1))), "second");
        for (uint256 i = 0; i < 2; ++i) {
            Lease memory l = manager.lease(ids[i]);
            vm.assertTrue(l.state == LeaseState.Reserved, "state");
            vm.assertEq(l.escrow, DEPOSIT, "escrow");
            vm.assertEq(l.termsHash, manager.hashTerms(_terms(ranked[i], r)), "terms");
            uint256 sliced = registry.stakePool(ranked[i].provider, address(token)).sliced;
            vm.assertEq(sliced, _terms(ranked[i], r).slice, "slice");
        }
        IMarket.Post memory post = market.posted(requested);
        vm.assertEq(post.awarded, 2, "awarded");
        vm.assertEq(post.held, 0, "held");
        vm.assertEq(market.filled(requested), 2, "filled");
        vm.assertEq(market.bids(requested).length, 0, "bids are gone");
        vm.assertEq(_locked(address(manager)), 2 * DEPOSIT, "locked");
    }

    function test_FewerBidsThanFills_LeaveTheRest() external {
        (bytes32 requested, Offer[] memory ranked) = _bidding(_request(), 2);
        _close();
        vm.assertEq(market.award(_request(), ranked).length, 2, "leases");
        vm.assertEq(market.posted(requested).held, DEPOSIT, "held");
        vm.prank(tenant);
        market.withdrawPost(_request());
        vm.assertEq(_balance(tenant), 3 * DEPOSIT, "refund");
    }

    function test_SixteenBids_SixteenLeases() external {
        Request memory r = _request();
        (r.fills, r.deposit) = (16, 20e6);
        (bytes32 requested, Offer[] memory ranked) = _bidding(r, 16);
        _close();
        uint256 gas = gasleft();
        vm.assertEq(market.award(r, ranked).length, 16, "leases");
        vm.assertLe(gas - gasleft(), 4_000_000, "gas");
        vm.assertEq(market.posted(requested).held, 0, "held");
    }

    function test_ContractTenant_OwnsTheLease() external {
        Wallet wallet = new Wallet(tenant);
        _fund(address(wallet), DEPOSIT);
        Request memory r = _request();
        (r.tenant, r.fills, r.callback) = (address(wallet), 1, true);
        wallet.call(address(market), abi.encodeCall(IMarket.post, (r, WINDOW, "")));
        Offer memory o = _bidOf(provider, r, 0);
        _bid(r, o);
        _close();
        Terms memory terms = _terms(o, r);
        bytes32 id = market.award(r, _one(o))[0];
        vm.assertEq(manager.lease(id).termsHash, manager.hashTerms(terms), "terms");
        vm.prank(operator);
        manager.activate(id, terms);
        vm.assertEq(market.filled(market.requestHash(r)), 1, "filled");
        vm.assertEq(market.filled(market.offerHash(o)), 0, "the Request is counted");
    }

    function test_TenantsCounter_DoesNotEndAPost() external {
        (, Offer[] memory ranked) = _bidding(_request(), 1);
        vm.prank(tenant);
        market.raiseCounter();
        _close();
        vm.assertEq(market.award(_request(), ranked).length, 1, "awarded");
    }

    /// @dev With too little gas all of it fails: a good bid is never passed over.
    function test_TooLittleGas_DropsNobody() external {
        Request memory r = _request();
        r.fills = 2;
        (bytes32 requested, Offer[] memory ranked) = _bidding(r, 3);
        _close();
        for (uint256 gas = 60_000; gas < 700_000; gas += 10_000) {
            uint256 snapshot = vm.snapshotState();
            try market.award{gas: gas}(r, ranked) returns (bytes32[] memory ids) {
                vm.assertEq(ids.length, 2, "all or nothing");
            } catch {
                vm.assertEq(market.bids(requested).length, 3, "nothing happened");
            }
            vm.revertToState(snapshot);
        }
    }
}
