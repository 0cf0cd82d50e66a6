// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IMarket} from "../../../src/interfaces/IMarket.sol";
import {Parameters} from "../../../src/interfaces/IParameters.sol";
import {Offer, Request} from "../../../src/types/Lease.sol";
import {Fixture} from "../../utils/Fixture.sol";

/// @title Orders that are refused, Requests that are posted, bids for them.
abstract contract MarketFixture is Fixture {
    uint32 internal constant WINDOW = 10 minutes;
    uint32 internal constant AWARD = 1 hours;
    /// @dev Of the default Offer over the default term.
    uint256 internal constant COST = RATE * TERM;

    /// @dev Two good signatures, and yet no match.
    function _refused(Offer memory o, Request memory r, bytes memory error_) internal {
        bytes memory offerSignature = _sign(OPERATOR_KEY, market.offerHash(o));
        bytes memory requestSignature = _sign(TENANT_KEY, market.requestHash(r));
        vm.expectRevert(error_);
        market.matchOrders(o, offerSignature, r, requestSignature, "");
    }

    /// @dev Matched, whatever the terms are.
    function _sendBoth(Offer memory o, Request memory r) internal returns (bytes32 leaseId) {
        bytes memory offerSignature = _sign(OPERATOR_KEY, market.offerHash(o));
        bytes memory requestSignature = _sign(TENANT_KEY, market.requestHash(r));
        return market.matchOrders(o, offerSignature, r, requestSignature, "");
    }

    function _post(Request memory r) internal returns (bytes32) {
        vm.prank(r.tenant);
        return market.post(r, WINDOW, "");
    }

    /// @dev The default Offer as a bid of `provider_`, cheaper by `less` smallest units per second.
    function _bidOf(address provider_, Request memory r, uint96 less) internal view returns (Offer memory o) {
        o = _offer();
        o.provider = provider_;
        o.requestHash = market.requestHash(r);
        o.prices.cpu -= less * 1e6;
        o.volume = 1;
    }

    function _bid(Request memory r, Offer memory o) internal {
        (address operator_,,,) = registry.standing(o.provider);
        vm.prank(operator_);
        market.bid(r, o);
    }

    function _bidRefused(Request memory r, Offer memory o, bytes memory error_) internal {
        vm.expectRevert(error_);
        vm.prank(operator);
        market.bid(r, o);
    }

    function _freeOfStake() internal pure returns (Parameters memory p) {
        p = _parameters();
        p.sliceBps = 0;
    }

    /// @dev Past the window.
    function _close() internal {
        vm.warp(block.timestamp + WINDOW + 1);
    }

    /// @dev Posts, and bids once for each provider, each one unit per second cheaper than the one before.
    function _bidding(Request memory r, uint256 count) internal returns (bytes32 requested, Offer[] memory ranked) {
        requested = _post(r);
        ranked = new Offer[](count);
        for (uint256 i = 0; i < count; ++i) {
            (address provider_,) = i == 0 ? (provider, operator) : _datacenter(i);
            ranked[count - 1 - i] = _bidOf(provider_, r, uint96(i));
            _bid(r, ranked[count - 1 - i]);
        }
    }

    function _one(Offer memory o) internal pure returns (Offer[] memory list) {
        list = new Offer[](1);
        list[0] = o;
    }

    function _isBid(bytes32 requested, uint256 place, Offer memory o) internal view {
        IMarket.Bid memory found = market.bids(requested)[place];
        vm.assertEq(found.provider, o.provider, "provider");
        vm.assertEq(found.offerHash, market.offerHash(o), "offer");
    }
}
