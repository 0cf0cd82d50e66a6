// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Offer, Request} from "../types/Lease.sol";
import {IAppRegistry} from "./IAppRegistry.sol";
import {IDatacenterRegistry} from "./IDatacenterRegistry.sol";
import {ILeaseManager} from "./ILeaseManager.sol";
import {IParameters} from "./IParameters.sol";

/// @title Where a Request meets an Offer: signed and matched in one transaction, or posted, bid for and awarded on chain.
/// @dev Holds no money. Escrow of a posted Request is held by LeaseManager from the post on.
interface IMarket {
    /// @notice An on-chain answer to a posted Request.
    struct Bid {
        bytes32 offerHash;
        address provider;
        uint256 cost; // smallest units: start fee + the greater of the whole term at full load and the minimum charge; at most 2^96 - 1
    }

    struct Post {
        uint40 biddingUntil; // unix seconds; zero: not posted
        uint40 awardUntil; // after this anyone may withdraw what was not awarded
        uint32 awarded; // leases that it has become
        uint96 held; // smallest units still held for leases that are not awarded
    }

    event RequestPosted(bytes32 indexed requestHash, address indexed tenant, uint40 biddingUntil, uint40 awardUntil, Request request);
    event BidPlaced(bytes32 indexed requestHash, address indexed provider, bytes32 offerHash, uint256 cost, Offer offer);
    /// @notice A bid that no longer held when it was its turn, or that a cheaper one pushed out.
    event BidDropped(bytes32 indexed requestHash, address indexed provider, bytes32 offerHash, bytes4 reason);
    event PostWithdrawn(bytes32 indexed requestHash, uint96 refund);
    event OrderCancelled(bytes32 indexed orderHash, address indexed maker);
    event CounterRaised(address indexed maker, uint64 counter);

    error OpeningIsPaused();
    error OrderExpired(bytes32 orderHash, uint40 expiresAt);
    error OrderWasCancelled(bytes32 orderHash);
    error OrderFilled(bytes32 orderHash, uint32 volume);
    error CounterStale(address maker, uint64 current, uint64 given);
    error SignatureInvalid(bytes32 digest, address expected);
    error NotMaker(address caller, address maker);
    error NotSponsor(address caller, address sponsor);
    error OfferForOtherRequest(bytes32 offered, bytes32 requestHash);
    error ProviderNotActive(address provider);
    error ProviderNotWanted(address provider, address wanted);
    error CapabilityMissing(uint256 missing);
    error AttestationMissing(address auditor, uint256 missing);
    /// @dev One side alone cannot choose the judge, nor that there is none.
    error ArbiterDiffers(address offered, address requested);
    error TokenDiffers(address offered, address requested);
    error ResourcesEmpty();
    error ResourcesExceedOffer(string field, uint256 requested, uint256 offered);
    error GpuClassDiffers(bytes32 requested, bytes32 offered);
    error PriceAboveMaximum(string field, uint256 offered, uint256 maximum);
    error RoyaltyAboveMaximum(uint16 royaltyBps, uint16 maximum);
    error DowntimeCreditTooLow(uint16 offered, uint16 minimum);
    error DowntimeCreditInvalid(uint16 bps, uint16 max);
    error NoticeOutOfRange(uint32 offered, uint32 min, uint32 max);
    error ActivationTooSlow(uint32 offered, uint32 maximum);
    error DurationOutOfRange(uint32 seconds_, uint32 min, uint32 max);
    error DepositTooLow(uint256 deposit, uint256 needed);
    error FillsOutOfRange(uint32 fills, uint32 max);
    error AlreadyPosted(bytes32 requestHash);
    error NotPosted(bytes32 requestHash);
    error WindowOutOfRange(uint32 seconds_, uint32 min, uint32 max);
    error BiddingOver(bytes32 requestHash, uint40 biddingUntil);
    error BiddingNotOver(bytes32 requestHash, uint40 biddingUntil);
    error AwardOver(bytes32 requestHash, uint40 awardUntil);
    error AwardNotOver(bytes32 requestHash, uint40 awardUntil);
    error BidTooHigh(uint256 cost, uint256 highest);
    error BidUnknown(bytes32 expected, bytes32 given);
    error NotOperator(address caller, address expected);
    error NothingToAward(bytes32 requestHash);

    // The fast path.
    /// @notice Match a signed Offer and a signed Request into a lease, and fund its escrow: first from the payer's Vault balance,
    /// then as `funding` says (see IVault; purpose: the Request's hash). Anyone who holds both may send it, or only the
    /// Request's sponsor; a maker that sends it itself needs no signature (empty bytes). Contracts sign by ERC-1271.
    /// @return leaseId keccak256(abi.encode(requestHash, fillIndex))
    function matchOrders(Offer calldata offer, bytes calldata offerSignature, Request calldata request, bytes calldata requestSignature, bytes calldata funding)
        external
        returns (bytes32 leaseId);
    function cancelOffer(Offer calldata offer) external;
    /// @notice A posted Request is withdrawn with withdrawPost.
    function cancelRequest(Request calldata request) external;
    /// @notice Cancel every order of the caller that carries an older counter. A posted Request stays; a bid is dropped at the award.
    function raiseCounter() external returns (uint64 counter);

    // The open path.
    /// @notice Tenant only, or its sponsor: put a Request on chain with the escrow of all its fills. One with a callback only the
    /// tenant itself, which must be the sponsor too if there is one: nobody has a contract called that did not ask for it.
    /// It must not expire before awardUntil, one hour after the window: until then the bids are firm.
    /// @param bidSeconds how long bids are taken, one minute to seven days
    function post(Request calldata request, uint32 bidSeconds, bytes calldata funding) external returns (bytes32 requestHash);
    /// @notice Operator only: a firm Offer for a posted Request (its requestHash must name it; expiresAt must cover awardUntil).
    /// One per provider, a second replaces the first. The cheapest 16 are kept.
    function bid(Request calldata request, Offer calldata offer) external;
    /// @notice Anyone, after the window: the cheapest bids that still hold become leases, one per provider, as many as the
    /// Request has fills. A bid that does not hold any more is dropped and the next one takes its place.
    /// @param offers those of bids(requestHash), in that order
    function award(Request calldata request, Offer[] calldata offers) external returns (bytes32[] memory leaseIds);
    /// @notice Tenant or payer while there is no bid (an award leaves none), or anyone after awardUntil: what is held and not awarded
    /// goes back to the payer.
    function withdrawPost(Request calldata request) external;

    // Reads.
    function leaseManager() external view returns (ILeaseManager);
    function registry() external view returns (IDatacenterRegistry);
    function apps() external view returns (IAppRegistry);
    function parameters() external view returns (IParameters);
    function offerHash(Offer calldata offer) external view returns (bytes32);
    function requestHash(Request calldata request) external view returns (bytes32);
    function posted(bytes32 requestHash) external view returns (Post memory);
    /// @notice Cheapest first; the earlier one where two cost the same.
    function bids(bytes32 requestHash) external view returns (Bid[] memory);
    /// @notice How many leases an order has become. An Offer made for one Request is not counted (and reads zero) when its volume
    /// is enough for all fills of that Request, or when it was a bid: the Request is.
    function filled(bytes32 orderHash) external view returns (uint32);
    function cancelled(bytes32 orderHash) external view returns (bool);
    function counterOf(address maker) external view returns (uint64);
}
