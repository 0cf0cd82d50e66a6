// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAppRegistry} from "./interfaces/IAppRegistry.sol";
import {IDatacenterRegistry} from "./interfaces/IDatacenterRegistry.sol";
import {ILeaseManager} from "./interfaces/ILeaseManager.sol";
import {IMarket} from "./interfaces/IMarket.sol";
import {IParameters} from "./interfaces/IParameters.sol";
import {Matching} from "./libraries/Matching.sol";
import {OpenPath} from "./OpenPath.sol";
import {Orders} from "./Orders.sol";
import {Offer, Request, Terms} from "./types/Lease.sol";

/// @title Market: the fast path. Two signed orders become a lease in one transaction.
contract Market is OpenPath {
    struct Pair {
        bytes32 offered;
        bytes32 requested;
        address operator;
        Terms terms;
    }

    constructor(ILeaseManager leaseManager_, IDatacenterRegistry registry_, IAppRegistry apps_, IParameters parameters_)
        Orders(leaseManager_, registry_, apps_, parameters_)
    {
        if (leaseManager_.market() != address(this)) revert ILeaseManager.NotMarket(address(this));
    }

    /// @inheritdoc IMarket
    function matchOrders(
        Offer calldata offer,
        bytes calldata offerSignature,
        Request calldata request,
        bytes calldata requestSignature,
        bytes calldata funding
    ) external nonReentrant returns (bytes32 leaseId) {
        Pair memory pair = _pair(offer, request);
        if (!_speaksFor(offer.provider, pair.operator)) _checkSignature(pair.operator, pair.offered, offerSignature);
        _checkRequest(request, pair.requested, requestSignature);
        uint32 index = _fill(offer, pair.offered, request, pair.requested);

        leaseId = _leaseId(pair.requested, index);
        leaseManager.hold(request.token, pair.terms.payer, request.deposit, pair.requested, funding);
        leaseManager.open(leaseId, pair.terms, request.deposit, pair.requested, pair.offered, index);
    }

    /// @dev Reverts unless they fit, and would make a lease now if they were signed.
    function _pair(Offer calldata offer, Request calldata request) private view returns (Pair memory pair) {
        _checkSponsor(request);
        Rules memory rules = _rules(request.token);
        Matching.check(offer, request);
        (pair.offered, pair.requested) = (offerHash(offer), requestHash(request));
        if (offer.requestHash != 0 && offer.requestHash != pair.requested) {
            revert OfferForOtherRequest(offer.requestHash, pair.requested);
        }
        bytes memory problem;
        (problem, pair.terms, pair.operator) = _agree(offer, pair.offered, request, rules, block.timestamp);
        _raise(problem);
    }

    function _checkRequest(Request calldata request, bytes32 requested, bytes calldata signature) private view {
        if (_orders[requested].biddingUntil != 0) revert AlreadyPosted(requested);
        _raise(_orderProblem(requested, request.expiresAt, block.timestamp, request.tenant, request.counter));
        if (msg.sender != request.tenant) _checkSignature(request.tenant, requested, signature);
    }

    /// @dev A new slot costs as much as a transfer, so nothing is counted that is known anyway. Fills of a quote that is enough
    /// for its one Request are counted there; the one fill of a Request is the lease with index 0, which can exist once.
    function _fill(Offer calldata offer, bytes32 offered, Request calldata request, bytes32 requested)
        private
        returns (uint32 index)
    {
        bool covered = offer.requestHash != 0 && offer.volume >= request.fills;
        if (!covered) _count(offered, offer.volume);
        return request.fills == 1 ? 0 : _count(requested, request.fills);
    }
}
