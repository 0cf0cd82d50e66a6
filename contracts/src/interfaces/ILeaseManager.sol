// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Amendment, CloseReason, Credit, Lease, LeaseState, Prices, Resources, Settlement, Terms, Usage, UsageReceipt} from "../types/Lease.sol";
import {IDatacenterRegistry} from "./IDatacenterRegistry.sol";
import {IVault} from "./IVault.sol";

/// @title The lease machine and what is paid on the way: receipts, caps, maturity, closing.
interface ILeaseManager {
    event LeaseMatched(bytes32 indexed leaseId, address indexed tenant, address indexed provider, bytes32 requestHash, bytes32 offerHash, uint32 fillIndex, uint96 escrow, Terms terms);
    event LeaseActivated(bytes32 indexed leaseId, address indexed provider, uint40 activatedAt);
    event LeaseToppedUp(bytes32 indexed leaseId, address indexed from, uint96 amount, uint96 escrow);
    /// @param due what the receipt is worth by the terms, cumulative; @param amount what this receipt moved out of the escrow;
    /// @param claimed cumulative after it; @param countersigned what is not in dispute was paid at once, as far as the receipt is worth it
    event LeaseSettled(bytes32 indexed leaseId, address indexed provider, uint32 seq, uint40 through, Usage usage, uint32 downSeconds, uint256 due, uint96 amount, uint96 claimed, bool countersigned, bytes32 evidenceRoot);
    /// @notice `amount` of a lease has matured, was countersigned or ruled the provider's: royalty and fee are in it.
    event LeasePaid(bytes32 indexed leaseId, address indexed provider, uint96 amount, uint96 paid, uint96 royalty, uint96 fee);
    event LeaseAmended(bytes32 indexed leaseId, address indexed provider, uint32 amendments, Terms terms);
    event LeaseClosing(bytes32 indexed leaseId, address indexed provider, CloseReason reason, uint40 endsAt);
    /// @param claimed cumulative, final; @param refund to the payer; @param fee minimum charge or reservation fee that is in `claimed`
    event LeaseClosed(bytes32 indexed leaseId, address indexed provider, CloseReason reason, uint96 claimed, uint96 refund, uint96 fee);
    /// @notice The penalty for not activating, or for leaving without notice, went to the payer.
    event LeasePenalised(bytes32 indexed leaseId, address indexed provider, uint96 amount);
    event ClaimFrozen(bytes32 indexed leaseId, uint96 amount);
    event ClaimRuled(bytes32 indexed leaseId, uint96 toProvider, uint96 toPayer);
    event SliceSlashed(bytes32 indexed leaseId, address indexed provider, uint96 amount);
    event ReceiptRootPosted(address indexed provider, bytes32 indexed root);
    event SessionKeySet(address indexed tenant, address indexed key, bool allowed);
    /// @notice A batch item that changed nothing, and the selector of the error that it would have reverted with alone.
    event SettlementSkipped(bytes32 indexed leaseId, bytes4 reason);
    event FundsHeld(address indexed token, address indexed payer, uint96 amount, bytes32 indexed purpose);
    event FundsUnheld(address indexed token, address indexed payer, uint96 amount);

    error NotMarket(address caller);
    error NotJudge(address caller);
    error AmountZero();
    error LeaseExists(bytes32 leaseId);
    error LeaseUnknown(bytes32 leaseId);
    error TermsDiffer(bytes32 leaseId);
    error StateWrong(bytes32 leaseId, LeaseState state);
    error NotOperator(address caller, address expected);
    error NotTenant(address caller, address expected);
    /// @dev Only a party may close a lease in this state; others once its time or its escrow is over.
    error NotParty(bytes32 leaseId, address caller);
    error ReasonDiffers(bytes32 leaseId, CloseReason actual, CloseReason expected);
    error SignatureInvalid(bytes32 digest, address expected);
    error ActivationTooLate(bytes32 leaseId, uint40 activateBy);
    error SeqTooLow(bytes32 leaseId, uint32 seq, uint32 last);
    error ThroughInvalid(bytes32 leaseId, uint40 through);
    error NotYetClosable(bytes32 leaseId, uint256 closableFrom);
    error BatchTooLarge(uint256 size, uint256 max);
    error LengthsDiffer(uint256 leaseIds, uint256 terms);
    /// @dev Escrow and claimed of one lease, summed, fit in uint96: so no later payment can overflow.
    error EscrowTooLarge(bytes32 leaseId, uint256 total);
    error EscrowTooLow(bytes32 leaseId, uint256 escrow, uint256 needed);
    error TermFixed(string field);
    error SpecChangedLately(bytes32 leaseId, uint256 possibleFrom);
    error TermOutOfRange(string field, uint256 value, uint256 min, uint256 max);
    error NonceWrong(bytes32 leaseId, uint32 nonce, uint32 expected);
    error AmendmentExpired(bytes32 leaseId, uint40 expiresAt);
    error RootUnknown(address provider, bytes32 root);
    error ProofInvalid(bytes32 leaf, bytes32 root);
    error NothingPending(bytes32 leaseId);
    /// @dev The Vault was deployed without this contract in its set of managers.
    error NotManagerOf(address vault);
    error TreasuryZero();
    /// @dev What a sponsor pays for, no two others change.
    error NotPayer(address caller, address expected);

    // Market only.
    /// @notice Lock the escrow of leases to come.
    function hold(address token, address payer, uint96 amount, bytes32 purpose, bytes calldata funding) external;
    /// @notice Give back what was held and did not become a lease.
    function unhold(address token, address payer, uint96 amount) external;
    /// @notice A new lease with `deposit` of what is held as its escrow; locks the slice.
    function open(bytes32 leaseId, Terms calldata terms, uint96 deposit, bytes32 requestHash, bytes32 offerHash, uint32 fillIndex) external;

    // The lease.
    /// @notice Provider's operator key (or the provider), before activateBy. Starts the clock.
    function activate(bytes32 leaseId, Terms calldata terms) external;
    /// @notice Several at once; a bad item is skipped with SettlementSkipped.
    function activateMany(bytes32[] calldata leaseIds, Terms[] calldata terms) external;
    /// @notice Provider's side: give a reservation back, full refund at once, no penalty. After activateBy it
    /// ends as not activated, with the penalty, as if closed by anyone.
    function refuse(bytes32 leaseId, Terms calldata terms) external;
    /// @notice Anyone may add escrow, also while Closing. Touches no timer; the refund goes to the payer. `funding`: see IVault;
    /// purpose: the lease's id.
    function topUp(bytes32 leaseId, Terms calldata terms, uint96 amount, bytes calldata funding) external;
    /// @notice Tenant only: another workload inside the same resources. Once a minute at most: each time all others have to
    /// learn the new terms before they can act on the lease.
    function amendSpec(bytes32 leaseId, Terms calldata terms, bytes32 specHash) external;
    /// @notice New terms by both; whoever sends it needs no signature of its own. Settles the old terms first. When somebody else
    /// pays for the lease, only that payer may send it.
    function amend(Terms calldata oldTerms, Terms calldata newTerms, Amendment calldata amendment, bytes calldata tenantSignature, bytes calldata providerSignature) external;
    /// @notice Reserved: tenant any time (reservation fee), anyone after activateBy (full refund and the penalty). Active: tenant or
    /// provider (both: notice), anyone once escrow <= closing reserve (with notice) or the term is over. Closing: anyone after
    /// endsAt + submitSeconds: the minimum charge is topped up unless the provider ended the lease, the rest is refunded. Facts
    /// decide the reason before callers do. A stranger who closes for Escrow or Term, or ends a Closing lease, gets the bounty.
    /// @param expected reverts ReasonDiffers when another reason would stand; None: any. A top-up that comes before cannot turn
    /// the close for an empty escrow into the provider's leaving
    function close(bytes32 leaseId, Terms calldata terms, CloseReason expected) external;

    // Receipts.
    /// @notice Move min(due - claimed, cap - claimed, escrow) out of the escrow: pending, or paid at once when countersigned. Anyone
    /// with a receipt signed by the provider's operator key; the operator itself needs no signature.
    /// A final receipt of a Closing lease closes it. Before endsAt, without the tenant's countersignature, of a lease that the
    /// tenant did not end, it is leaving without notice: reason Provider, and the penalty goes to the payer.
    /// @param tenantSignature of the tenant or one of its session keys; empty: none
    function settle(Terms calldata terms, UsageReceipt calldata receipt, bytes calldata providerSignature, bytes calldata tenantSignature)
        external
        returns (uint96 amount);
    /// @notice Many receipts of the caller's leases (operator key). A bad item changes nothing and is skipped with an event.
    function settleMany(Settlement[] calldata items) external;
    /// @notice One signature for many receipts: a Merkle root over leaf(receipt). Operator, or anyone with its signature
    /// (EIP-712 ReceiptRoot(address provider,bytes32 root)).
    function postRoot(address provider, bytes32 root, bytes calldata providerSignature) external;
    /// @notice As settle, with a proof in place of the provider's signature. The root is only as good as the operator key that
    /// posted it: a new key makes old roots void.
    function settleProven(Terms calldata terms, UsageReceipt calldata receipt, bytes32 root, bytes32[] calldata proof) external returns (uint96 amount);
    /// @notice The tenant's word came later than the receipt: pays what is pending, as far as `receipt` is worth it. Anyone with
    /// the signature; the tenant or a session key itself needs none.
    /// @param receipt not older than the last one that was settled
    function countersign(Terms calldata terms, UsageReceipt calldata receipt, bytes calldata tenantSignature) external;
    /// @notice Anyone: pay what has matured; after the end also free the slice once nothing is pending or frozen.
    function collect(bytes32 leaseId, Terms calldata terms) external returns (uint96 amount);
    function collectMany(bytes32[] calldata leaseIds, Terms[] calldata terms) external;
    /// @notice A key that may countersign receipts and open disputes for the caller. Revoking it costs the provider speed only.
    function setSessionKey(address key, bool allowed) external;

    // Judges only: DisputeManager and ResultBoard.
    /// @notice Keep up to `amount` of what is pending from maturing, newest first. @return frozen smallest units
    function freeze(bytes32 leaseId, Terms calldata terms, uint96 amount) external returns (uint96 frozen);
    /// @notice Ends a freeze: the provider's part is paid; the payer's goes back to the escrow, or to the payer once Closed, and
    /// no receipt can claim it again.
    function rule(bytes32 leaseId, Terms calldata terms, uint96 toProvider, uint96 toPayer) external;
    /// @notice Slash up to `amount` of what is left of the slice; credits in their order, the rest is burned.
    function slash(bytes32 leaseId, Terms calldata terms, uint96 amount, Credit[] calldata credits) external returns (uint96 taken);

    // Reads.
    function vault() external view returns (IVault);
    function registry() external view returns (IDatacenterRegistry);
    function market() external view returns (address);
    function isJudge(address account) external view returns (bool);
    /// @notice Protocol fees are credited to it.
    function treasury() external view returns (address);
    function lease(bytes32 leaseId) external view returns (Lease memory);
    /// @notice Many at once, for the two-way comparison of chain and cluster.
    function leases(bytes32[] calldata leaseIds) external view returns (Lease[] memory);
    function isSessionKey(address tenant, address key) external view returns (bool);
    function isRoot(address provider, address operator, bytes32 root) external view returns (bool);
    function receiptHash(UsageReceipt calldata receipt) external view returns (bytes32);
    /// @notice Merkle leaf: keccak256(bytes.concat(receiptHash)), never the length of an inner node.
    function leaf(UsageReceipt calldata receipt) external view returns (bytes32);
    function amendmentHash(Amendment calldata amendment) external view returns (bytes32);
    function rootHash(address provider, bytes32 root) external view returns (bytes32);
    function hashTerms(Terms calldata terms) external pure returns (bytes32);
    /// @notice Priced usage in smallest units, rounded down once on the cumulative total.
    function price(Prices calldata prices, Usage calldata usage) external pure returns (uint256);
    /// @notice What a receipt is worth by these terms alone: start fee + priced usage - credit for downtime, not below zero.
    function due(Terms calldata terms, Usage calldata usage, uint32 downSeconds) external pure returns (uint256);
    /// @notice What the reserved capacity can cost at most per `seconds_`, smallest units, rounded down.
    function rateCap(Prices calldata prices, Resources calldata resources, uint256 seconds_) external pure returns (uint256);
    /// @notice Smallest units that must stay in escrow: the notice at full load, rounded up, and the bounty. Unpaid start fee and
    /// minCharge are not in it: escrow + claimed never falls below the deposit, which covers all.
    function closingReserve(Terms calldata terms) external pure returns (uint256);
    /// @notice What collect would pay now.
    function matured(bytes32 leaseId, Terms calldata terms) external view returns (uint96);
}
