// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice What a lease reserves, summed over all replicas: the Kubernetes limits of its workload.
/// @dev A GPU class is keccak256 of its canonical text, e.g. "nvidia.com/gpu/NVIDIA-A100-SXM4-80GB/81920" (resource name,
/// product, memory in MiB). Class zero means that the slot is not used; the count is then zero too.
struct Resources {
    uint32 cpuMilli; // millicores
    uint32 memoryMiB;
    uint32 storageMiB;
    uint32 egressKiBps; // the highest mean egress that can be billed, KiB per second
    uint16 gpuCountA;
    uint16 gpuCountB;
    bytes32 gpuClassA;
    bytes32 gpuClassB;
}

/// @notice Price book of a lease. Token smallest units per 10^9 units of the meter (see PRICE_SCALE).
struct Prices {
    uint96 cpu; // per 10^9 millicore-seconds
    uint96 memoryMiB; // per 10^9 MiB-seconds
    uint96 storageMiB; // per 10^9 MiB-seconds
    uint96 egress; // per 10^9 KiB
    uint96 gpuA; // per 10^9 GPU-milliseconds
    uint96 gpuB; // per 10^9 GPU-milliseconds
}

/// @notice Cumulative meters of a lease since its activation. Never decreases.
struct Usage {
    uint64 cpuMilliSeconds; // millicore-seconds: one core for one second is 1,000
    uint64 memoryMiBSeconds;
    uint64 storageMiBSeconds;
    uint64 egressKiB;
    uint64 gpuMilliSecondsA; // one GPU for one second is 1,000
    uint64 gpuMilliSecondsB;
}

/// @notice A provider's signed, expiring answer. A quote is an Offer whose requestHash names the one Request that it is for.
struct Offer {
    address provider; // the datacenter's on-chain identity; its operator key signs
    address token; // what is paid with; must be allow-listed in the Vault
    bytes32 requestHash; // zero: open to every Request
    Resources resources; // the most that one lease may reserve
    Prices prices;
    uint96 startFee; // smallest units, due with the first receipt of an activated lease
    uint96 minCharge; // smallest units, owed once a lease was activated, unless the provider is the one who ends it
    uint96 reservationFee; // smallest units, owed when the tenant gives up a reservation before it was activated
    uint32 volume; // how many leases may be matched against this Offer
    uint32 noticeSeconds; // workload and pay go on for this long after a close
    uint32 activationSeconds; // from match to the end of the reservation
    uint16 downtimeBps; // credit per second in which the workload was not ready, of the full rate; 10,000 is all of it
    uint16 maxRoyaltyBps; // the most that an app may take of the gross
    address arbiter; // whose rulings the provider accepts: the Request's, no other. Zero: no disputes
    uint40 expiresAt; // unix seconds
    uint64 counter; // must equal the provider's counter in Market: raising that one cancels all older Offers
    uint256 salt;
}

/// @notice A tenant's demand: signed for the fast path, posted on chain for the open one.
struct Request {
    address tenant; // signs, owns the lease
    address sponsor; // zero: the tenant pays and anyone may submit. Else only the sponsor may submit, and it pays and is refunded
    address token;
    address provider; // zero: any provider
    bytes32 specHash; // Keccak-256 of the workload manifest's canonical JSON (RFC 8785)
    Resources resources; // what each lease reserves; CPU and memory at least
    Prices maxPrices; // of what it reserves: other prices are not looked at and not in the Terms
    uint96 maxStartFee;
    uint96 maxMinCharge;
    uint96 maxReservationFee;
    uint96 deposit; // escrow of each lease, smallest units; at least start fee + minimum charge + closing reserve, and not zero
    uint32 fills; // how many leases this Request may become (replicas over datacenters)
    uint32 durationSeconds; // term of each lease, from activation
    uint32 minNoticeSeconds;
    uint32 maxNoticeSeconds;
    uint32 maxActivationSeconds; // the longest that a provider may keep the escrow without activating
    uint16 minDowntimeBps;
    uint256 requiredCapabilities; // bits that the datacenter must have
    address auditor; // zero: the datacenter's own word is enough. Else this auditor must attest all required bits
    address arbiter; // rules in disputes; the Offer must name the same. Zero: no disputes
    bytes32 app; // AppRegistry id whose owner gets a royalty; zero: none
    bool callback; // the tenant is a contract that wants onLeaseResult
    uint40 expiresAt;
    uint64 counter;
    uint256 salt;
}

/// @notice What a lease was matched on, with the parameters of that moment. Only its hash is stored: who acts on a lease hands
/// the terms in, as the last LeaseMatched or LeaseAmended event gave them. 39 words.
struct Terms {
    address tenant;
    address payer; // put the escrow in; refunds and penalties go here
    address provider;
    address token;
    bytes32 specHash;
    Resources resources;
    Prices prices;
    uint96 startFee;
    uint96 minCharge;
    uint96 reservationFee;
    uint32 durationSeconds;
    uint32 noticeSeconds;
    uint40 activateBy; // unix seconds
    uint16 downtimeBps;
    address arbiter;
    address royaltyTo;
    uint16 royaltyBps;
    bool callback;
    // Parameters as they were at the match.
    uint32 submitSeconds; // how long after the end a final receipt is awaited before anyone may close
    uint32 maturitySeconds; // length of a maturity bucket: what is not countersigned waits one to two of them
    uint32 rulingSeconds; // an arbiter that is silent for so long makes a draw
    uint16 feeBps; // protocol fee, of the gross
    uint96 slice; // of the provider's stake, locked for this lease
    uint96 penalty; // of the slice: not activating, leaving without notice
    uint96 disputeBond; // the least that a challenger bonds
    uint96 arbiterFee;
    uint96 bounty; // to the stranger who closes a lease whose time or escrow is over
}

enum LeaseState {
    None,
    Reserved, // matched, escrow held, waiting for the provider's activate
    Active, // the clock runs
    Closing, // the end is set; usage until then is still paid
    Closed // terminal; the escrow is gone. What is pending or frozen still matures
}

enum CloseReason {
    None,
    Tenant,
    Provider,
    Escrow, // escrow fell to the closing reserve
    Term, // the term is over
    NotActivated, // the reservation ended without activation
    Refused // the provider gave the reservation back
}

/// @notice Stored per lease. A lease that is never amended, disputed or slashed uses four slots.
/// @dev Money: escrow + claimed = what was put in, until Closed. claimed = paid + pendingOld + pendingNew + frozen + disallowed.
struct Lease {
    // Slot 0: all that a settlement changes but the ring.
    uint96 escrow; // held for this lease and not yet claimed
    uint96 claimed; // cumulative: what receipts moved out of the escrow
    uint40 through; // measured until; unix seconds
    LeaseState state;
    CloseReason reason;
    // Slot 1.
    bytes32 termsHash;
    // Slot 2: the maturity ring.
    uint96 pendingOld; // claimed in the bucket before `bucket`
    uint96 pendingNew; // claimed in `bucket`
    uint32 bucket; // unix seconds / maturitySeconds
    uint32 seq; // of the last receipt
    // Slot 3.
    uint40 activatedAt;
    uint40 endsAt; // the last paid second. Active: the end of the term; Closing: of the notice, if that is earlier
    uint96 frozen; // claimed and in dispute
    uint32 amendments; // both-sided ones: the nonce of the next
    bool sliceFreed;
    bool adjusted; // slots 4 and 5 say something
    uint32 specChangedAt; // unix seconds of the tenant's last amendSpec
    // Slot 4: after an amendment, so that due and cap go on from where the old terms left them.
    int128 dueOffset;
    int128 capOffset;
    // Slot 5.
    uint96 disallowed; // claimed, and ruled to be the payer's
    uint96 slashed; // of the slice
}

/// @notice Signed by the provider's operator key (EIP-712, domain: chain id and LeaseManager). The tenant or a session key of
/// its may sign the same digest: what is countersigned is paid at once.
struct UsageReceipt {
    bytes32 leaseId;
    uint32 seq; // grows by at least one
    uint40 through; // usage is measured until here; unix seconds
    Usage usage; // cumulative
    uint32 downSeconds; // cumulative seconds in which the workload should have been ready and was not
    bytes32 evidenceRoot; // commits to the samples, for disputes
    bool isFinal; // nothing follows: closes a lease that is Closing, at once; means nothing while it is Active
}

/// @notice New terms for a running lease, signed by both (EIP-712, domain: chain id and LeaseManager). The old terms are settled
/// with the usage named here, as if countersigned.
struct Amendment {
    bytes32 leaseId;
    bytes32 oldTerms; // hashTerms
    bytes32 newTerms; // hashTerms; only specHash, resources, prices, minCharge, durationSeconds, noticeSeconds, slice and penalty may differ
    uint32 nonce; // Lease.amendments
    uint32 seq;
    uint40 through;
    Usage usage;
    uint32 downSeconds;
    uint40 expiresAt;
}

/// @notice One item of a settlement batch.
struct Settlement {
    Terms terms;
    UsageReceipt receipt;
    bytes tenantSignature; // empty: not countersigned
}

/// @notice A share of a release.
struct Credit {
    address to;
    uint256 amount;
}
