// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDatacenterRegistry} from "./interfaces/IDatacenterRegistry.sol";
import {ILeaseManager} from "./interfaces/ILeaseManager.sol";
import {IMarket} from "./interfaces/IMarket.sol";
import {Matching} from "./libraries/Matching.sol";
import {Orders} from "./Orders.sol";
import {Offer, Request, Terms} from "./types/Lease.sol";

/// @title The open path: a Request on chain with its escrow, bids for it, the award.
/// @dev Nobody signs here: who calls is who means it. At most 16 bids are kept, so the work of a bid and of an award is bounded.
/// An award tries nothing and catches nothing: it looks whether a bid still holds, and what then still fails fails as a whole.
/// So whoever sends an award with too little gas cannot have a good bid passed over.
abstract contract OpenPath is Orders, ReentrancyGuardTransient {
    /// @dev One slot of the ranking, cheapest first.
    struct Rank {
        address provider;
        uint96 cost;
    }

    uint256 private constant MAX_BIDS = 16;
    uint32 private constant MIN_BID_SECONDS = 1 minutes;
    uint32 private constant MAX_BID_SECONDS = 7 days;
    /// @dev Providers keep their capacity free until then, so it is short.
    uint32 private constant AWARD_SECONDS = 1 hours;

    mapping(bytes32 requestHash => Rank[]) private _ranking;
    mapping(bytes32 requestHash => mapping(address provider => bytes32 offerHash)) private _bidOf;

    /// @inheritdoc IMarket
    function post(Request calldata request, uint32 bidSeconds, bytes calldata funding)
        external
        nonReentrant
        returns (bytes32 requested)
    {
        _rules(request.token);
        _checkSubmitter(request);
        if (bidSeconds < MIN_BID_SECONDS || bidSeconds > MAX_BID_SECONDS) {
            revert WindowOutOfRange(bidSeconds, MIN_BID_SECONDS, MAX_BID_SECONDS);
        }
        // forge-lint: disable-next-line(unsafe-typecast) a small constant
        if (request.fills == 0 || request.fills > MAX_BIDS) revert FillsOutOfRange(request.fills, uint32(MAX_BIDS));
        if (request.deposit == 0) revert DepositTooLow(0, 1);
        requested = requestHash(request);
        Order storage order = _orders[requested];
        if (order.biddingUntil != 0) revert AlreadyPosted(requested);
        uint40 biddingUntil = uint40(block.timestamp) + bidSeconds;
        uint40 awardUntil = biddingUntil + AWARD_SECONDS;
        _raise(_orderProblem(requested, request.expiresAt, awardUntil, request.tenant, request.counter));
        if (filled(requested) != 0) revert OrderFilled(requested, request.fills);
        uint256 total = uint256(request.deposit) * request.fills;
        if (total > type(uint96).max) revert ILeaseManager.EscrowTooLarge(requested, total);

        // forge-lint: disable-next-line(unsafe-typecast) checked above
        (order.biddingUntil, order.awardUntil, order.held) = (biddingUntil, awardUntil, uint96(total));
        emit RequestPosted(requested, request.tenant, biddingUntil, awardUntil, request);
        // forge-lint: disable-next-line(unsafe-typecast) checked above
        leaseManager.hold(request.token, Matching.payer(request), uint96(total), requested, funding);
    }

    /// @inheritdoc IMarket
    function bid(Request calldata request, Offer calldata offer) external nonReentrant {
        bytes32 requested = requestHash(request);
        bytes32 offered = offerHash(offer);
        Order memory order = _posted(requested);
        if (block.timestamp > order.biddingUntil) revert BiddingOver(requested, order.biddingUntil);
        if (order.cancelled) revert OrderWasCancelled(requested);
        if (offer.requestHash != requested) revert OfferForOtherRequest(offer.requestHash, requested);
        if (offer.volume == 0) revert OrderFilled(offered, 0);
        Matching.check(offer, request);
        Rules memory rules = _rules(request.token);
        (bytes memory problem,, address operator) = _awardable(offer, offered, request, rules, order.awardUntil);
        _raise(problem);
        if (!_speaksFor(offer.provider, operator)) revert NotOperator(msg.sender, operator);

        uint96 cost = Matching.cost(offer, request);
        _rank(requested, offered, offer.provider, cost);
        emit BidPlaced(requested, offer.provider, offered, cost, offer);
    }

    /// @inheritdoc IMarket
    function award(Request calldata request, Offer[] calldata offers)
        external
        nonReentrant
        returns (bytes32[] memory leaseIds)
    {
        bytes32 requested = requestHash(request);
        Order memory order = _posted(requested);
        if (block.timestamp <= order.biddingUntil) revert BiddingNotOver(requested, order.biddingUntil);
        if (block.timestamp > order.awardUntil) revert AwardOver(requested, order.awardUntil);
        Bid[] memory ranked = _takeBids(requested);
        if (ranked.length == 0) revert NothingToAward(requested);
        if (offers.length > ranked.length) revert BidUnknown(0, offerHash(offers[ranked.length]));
        if (offers.length < ranked.length) revert BidUnknown(ranked[offers.length].offerHash, 0);

        Rules memory rules = _rules(request.token);
        leaseIds = new bytes32[](request.fills);
        uint32 awarded = 0;
        for (uint256 i = 0; i < ranked.length && awarded < request.fills; ++i) {
            bytes32 offered = offerHash(offers[i]);
            if (offered != ranked[i].offerHash) revert BidUnknown(ranked[i].offerHash, offered);
            (bytes memory problem, Terms memory terms,) =
                _awardable(offers[i], offered, request, rules, block.timestamp);
            if (problem.length != 0) {
                emit BidDropped(requested, ranked[i].provider, offered, _selector(problem));
                continue;
            }
            leaseIds[awarded] = _award(request, requested, offered, terms, awarded);
            ++awarded;
        }
        // solhint-disable-next-line no-inline-assembly, makes an array shorter: the language cannot
        assembly ("memory-safe") {
            mstore(leaseIds, awarded)
        }
    }

    /// @inheritdoc IMarket
    function withdrawPost(Request calldata request) external nonReentrant {
        bytes32 requested = requestHash(request);
        Order memory order = _posted(requested);
        if (order.held == 0) revert NothingToAward(requested);
        address payer = Matching.payer(request);
        if (block.timestamp <= order.awardUntil) {
            if (msg.sender != request.tenant && msg.sender != payer) revert NotMaker(msg.sender, request.tenant);
            if (_ranking[requested].length != 0) revert AwardNotOver(requested, order.awardUntil);
        }
        // Cancelled: no bid comes in any more.
        (_orders[requested].held, _orders[requested].cancelled) = (0, true);
        emit PostWithdrawn(requested, order.held);
        leaseManager.unhold(request.token, payer, order.held);
    }

    /// @inheritdoc IMarket
    function posted(bytes32 requestHash_) external view returns (Post memory) {
        Order memory order = _orders[requestHash_];
        if (order.biddingUntil == 0) return Post(0, 0, 0, 0);
        return Post(order.biddingUntil, order.awardUntil, order.filled, order.held);
    }

    /// @inheritdoc IMarket
    function bids(bytes32 requestHash_) public view returns (Bid[] memory ranked) {
        Rank[] storage ranking = _ranking[requestHash_];
        ranked = new Bid[](ranking.length);
        for (uint256 i = 0; i < ranked.length; ++i) {
            Rank memory rank = ranking[i];
            ranked[i] = Bid(_bidOf[requestHash_][rank.provider], rank.provider, rank.cost);
        }
    }

    /// @dev The one whose money it is sends it, so that nobody spends a sponsor's for it. Else anyone may, on the fast path.
    function _checkSponsor(Request calldata request) internal view {
        if (request.sponsor != address(0) && msg.sender != request.sponsor) {
            revert NotSponsor(msg.sender, request.sponsor);
        }
    }

    /// @dev A sponsor needs no word of the tenant, which it gives a lease as a gift; but a contract must not be called back with
    /// results of leases that it never asked for.
    function _checkSubmitter(Request calldata request) private view {
        _checkSponsor(request);
        bool tenantOnly = request.sponsor == address(0) || request.callback;
        if (tenantOnly && msg.sender != request.tenant) revert NotMaker(msg.sender, request.tenant);
    }

    function _posted(bytes32 requested) private view returns (Order memory order) {
        order = _orders[requested];
        if (order.biddingUntil == 0) revert NotPosted(requested);
    }

    /// @dev One more lease out of what is held. The bid is gone by now, so its Offer needs no count.
    function _award(Request calldata request, bytes32 requested, bytes32 offered, Terms memory terms, uint32 index)
        private
        returns (bytes32 leaseId)
    {
        leaseId = _leaseId(requested, index);
        (_orders[requested].filled, _orders[requested].held) = (index + 1, _orders[requested].held - request.deposit);
        leaseManager.open(leaseId, terms, request.deposit, requested, offered, index);
    }

    /// @dev A bid takes no stake; the lease will, and there the Market would have no word.
    function _awardable(
        Offer calldata offer,
        bytes32 offered,
        Request calldata request,
        Rules memory rules,
        uint256 until
    ) private view returns (bytes memory problem, Terms memory terms, address operator) {
        (problem, terms, operator) = _agree(offer, offered, request, rules, until);
        if (problem.length != 0) return (problem, terms, operator);
        uint256 free = registry.freeStake(terms.provider, terms.token);
        if (free >= terms.slice) return (problem, terms, operator);
        bytes4 why = IDatacenterRegistry.StakeTooLow.selector;
        problem = abi.encodeWithSelector(why, terms.provider, terms.token, free, terms.slice);
    }

    /// @dev Into its place, behind those that cost the same. Where there is no place left the dearest one makes it.
    function _rank(bytes32 requested, bytes32 offered, address provider, uint96 cost) private {
        Rank[] storage ranking = _ranking[requested];
        uint256 place = ranking.length;
        if (_bidOf[requested][provider] != 0) {
            _remove(ranking, provider);
            --place;
        } else if (place == MAX_BIDS) {
            Rank memory last = ranking[--place];
            if (cost >= last.cost) revert BidTooHigh(cost, last.cost);
            emit BidDropped(requested, last.provider, _bidOf[requested][last.provider], BidTooHigh.selector);
            delete _bidOf[requested][last.provider];
        } else {
            ranking.push();
        }
        for (; place > 0 && ranking[place - 1].cost > cost; --place) {
            ranking[place] = ranking[place - 1];
        }
        ranking[place] = Rank(provider, cost);
        _bidOf[requested][provider] = offered;
    }

    /// @dev The others close up; the last place is free then, and stays.
    function _remove(Rank[] storage ranking, address provider) private {
        uint256 place = 0;
        while (ranking[place].provider != provider) ++place;
        for (; place + 1 < ranking.length; ++place) {
            ranking[place] = ranking[place + 1];
        }
    }

    function _takeBids(bytes32 requested) private returns (Bid[] memory ranked) {
        ranked = bids(requested);
        for (uint256 i = 0; i < ranked.length; ++i) {
            delete _bidOf[requested][ranked[i].provider];
        }
        delete _ranking[requested];
    }

    /// @dev The first four bytes of an encoded error.
    function _selector(bytes memory problem) private pure returns (bytes4) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return bytes4(problem);
    }
}
