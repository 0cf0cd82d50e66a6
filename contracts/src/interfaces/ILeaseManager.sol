// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Offer, Request, Terms, Lease, LeaseState, CloseReason, UsageReceipt, Settlement, Usage, Prices, Resources} from "../types/Lease.sol";
import {IVault} from "./IVault.sol";
import {IDatacenterRegistry} from "./IDatacenterRegistry.sol";

/// @title Matches signed orders into leases, pays measured usage out of escrow, closes.
interface ILeaseManager {
    event LeaseMatched(bytes32 indexed leaseId, address indexed tenant, address indexed provider, bytes32 requestHash, bytes32 offerHash, uint32 fillIndex, uint96 escrow, Terms terms);
    event LeaseActivated(bytes32 indexed leaseId, address indexed provider, uint40 activatedAt);
    event LeaseToppedUp(bytes32 indexed leaseId, address indexed from, uint96 amount, uint96 escrow);
    /// @param due what the receipt's usage is priced at, cumulative; @param amount what this receipt paid; @param paid cumulative after it
    event LeaseSettled(bytes32 indexed leaseId, address indexed provider, uint32 seq, uint40 through, Usage usage, uint256 due, uint96 amount, uint96 paid, bytes32 evidenceRoot);
    event LeaseClosing(bytes32 indexed leaseId, address indexed provider, CloseReason reason, uint40 endsAt);
    event LeaseClosed(bytes32 indexed leaseId, address indexed provider, CloseReason reason, uint96 paid, uint96 refund);
    /// @notice A batch item that changed nothing, and the selector of the error that it would have reverted with alone.
    event SettlementSkipped(bytes32 indexed leaseId, bytes4 reason);
    event OrderCancelled(bytes32 indexed orderHash, address indexed maker);
    event CounterRaised(address indexed maker, uint64 counter);

    error OrderExpired(bytes32 orderHash, uint40 expiresAt);
    error OrderWasCancelled(bytes32 orderHash);
    error OrderFilled(bytes32 orderHash, uint32 volume);
    error CounterStale(address maker, uint64 current, uint64 given);
    error SignatureInvalid(bytes32 digest, address expected);
    error OfferForOtherRequest(bytes32 offered, bytes32 requestHash);
    error ProviderNotActive(address provider);
    error ProviderNotWanted(address provider, address wanted);
    error CapabilityMissing(uint256 missing);
    error TokenDiffers(address offered, address requested);
    error ResourcesEmpty();
    error ResourcesExceedOffer(string field, uint256 requested, uint256 offered);
    error GpuClassDiffers(bytes32 requested, bytes32 offered);
    error PriceAboveMaximum(string field, uint256 offered, uint256 maximum);
    error NoticeOutOfRange(uint32 offered, uint32 min, uint32 max);
    error DurationOutOfRange(uint32 seconds_, uint32 min, uint32 max);
    error DepositTooLow(uint256 deposit, uint256 needed);
    error AmountZero();
    error LeaseUnknown(bytes32 leaseId);
    error TermsDiffer(bytes32 leaseId);
    error StateWrong(bytes32 leaseId, LeaseState state);
    error NotOperator(address caller, address expected);
    /// @dev Only a party may close a lease in this state; others once its time or its escrow is over.
    error NotParty(bytes32 leaseId, address caller);
    error ActivationTooLate(bytes32 leaseId, uint40 activateBy);
    error SeqTooLow(bytes32 leaseId, uint32 seq, uint32 last);
    error ThroughInvalid(bytes32 leaseId, uint40 through);
    error NotYetClosable(bytes32 leaseId);
    error BatchTooLarge(uint256 size, uint256 max);
    error LengthsDiffer(uint256 leaseIds, uint256 terms);
    error NotMaker(address caller, address maker);
    /// @dev Escrow and paid of one lease, summed, fit in uint96: so no later payment can overflow.
    error EscrowTooLarge(bytes32 leaseId, uint256 total);
    /// @dev The Vault was deployed without this contract in its set of managers.
    error NotManagerOf(address vault);
    error SubmitSecondsOutOfRange(uint32 seconds_, uint32 min, uint32 max);

    // The market: the fast path.
    /// @notice Match a signed Offer and a signed Request into a lease, and fund its escrow from the tenant: first its Vault
    /// balance, then its ERC-20 allowance to the Vault. Anyone who holds both may send it; a maker that sends it itself
    /// needs no signature (empty bytes).
    /// @return leaseId keccak256(abi.encode(requestHash, fillIndex))
    function matchOrders(Offer calldata offer, bytes calldata offerSignature, Request calldata request, bytes calldata requestSignature) external returns (bytes32 leaseId);
    function cancelOffer(Offer calldata offer) external;
    function cancelRequest(Request calldata request) external;
    /// @notice Cancel every order of the caller that carries an older counter.
    function raiseCounter() external returns (uint64 counter);

    // The lease.
    /// @notice Provider's operator key (or the provider), before activateBy. Starts the clock.
    function activate(bytes32 leaseId, Terms calldata terms) external;
    /// @notice Several at once; a bad item is skipped with SettlementSkipped.
    function activateMany(bytes32[] calldata leaseIds, Terms[] calldata terms) external;
    /// @notice Provider's side: give a reservation back, full refund at once.
    function refuse(bytes32 leaseId, Terms calldata terms) external;
    /// @notice Anyone may add escrow, also while Closing. Touches no timer.
    function topUp(bytes32 leaseId, Terms calldata terms, uint96 amount) external;
    /// @notice Pay min(priced usage - paid, what the reserved capacity could have cost in the active time - paid, escrow).
    /// Anyone with a receipt signed by the provider's operator key; the operator itself needs no signature.
    function settle(Terms calldata terms, UsageReceipt calldata receipt, bytes calldata signature) external returns (uint96 amount);
    /// @notice Many receipts of the caller's leases (operator key). A bad item changes nothing and is skipped with an event.
    function settleMany(Settlement[] calldata items) external;
    /// @notice Reserved: tenant any time, anyone after activateBy: full refund. Active: tenant or provider (both: notice), anyone
    /// once escrow <= closing reserve (with notice) or the term is over. Closing: anyone after endsAt + submitSeconds: the minimum
    /// charge is topped up unless the provider ended the lease, the rest is refunded. Facts decide the reason before callers do.
    function close(bytes32 leaseId, Terms calldata terms) external;

    // Reads.
    function vault() external view returns (IVault);
    function registry() external view returns (IDatacenterRegistry);
    /// @notice How long after its end a lease waits for the final receipt; copied into the Terms of each new lease.
    function submitSeconds() external view returns (uint32);
    function lease(bytes32 leaseId) external view returns (Lease memory);
    /// @notice Many at once, for the two-way comparison of chain and cluster.
    function leases(bytes32[] calldata leaseIds) external view returns (Lease[] memory);
    function offerHash(Offer calldata offer) external view returns (bytes32);
    function requestHash(Request calldata request) external view returns (bytes32);
    function receiptHash(UsageReceipt calldata receipt) external view returns (bytes32);
    function hashTerms(Terms calldata terms) external pure returns (bytes32);
    /// @notice How many leases an order has become. An Offer made for one Request is not counted (and reads zero) when its volume
    /// is enough for all fills of that Request: the Request is.
    function filled(bytes32 orderHash) external view returns (uint32);
    function cancelled(bytes32 orderHash) external view returns (bool);
    function counterOf(address maker) external view returns (uint64);
    /// @notice Priced usage in smallest units, rounded down once on the cumulative total.
    function price(Prices calldata prices, Usage calldata usage) external pure returns (uint256);
    /// @notice What the reserved capacity can cost at most per `seconds_`, smallest units, rounded down.
    function rateCap(Prices calldata prices, Resources calldata resources, uint256 seconds_) external pure returns (uint256);
    /// @notice Smallest units that must stay in escrow: the notice at full load, rounded up. Unpaid minCharge is not in it: escrow +
    /// paid never falls below the deposit, which covers both.
    function closingReserve(Terms calldata terms) external pure returns (uint256);
}
