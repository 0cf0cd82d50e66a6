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
    uint96 minCharge; // smallest units, owed once a lease was activated, unless the provider is the one who ends it
    uint32 volume; // how many leases may be matched against this Offer
    uint32 noticeSeconds; // workload and pay go on for this long after a close
    uint32 activationSeconds; // from match to the end of the reservation
    uint40 expiresAt; // unix seconds
    uint64 counter; // must equal the provider's counter in LeaseManager: raising that one cancels all older Offers
    uint256 salt;
}

/// @notice A tenant's signed demand.
struct Request {
    address tenant; // signs, pays from its Vault balance or allowance, gets the refund
    address token;
    address provider; // zero: any provider
    bytes32 specHash; // Keccak-256 of the workload manifest's canonical JSON (RFC 8785)
    Resources resources; // what each lease reserves; CPU and memory at least
    Prices maxPrices; // of what it reserves: other prices are not looked at and not in the Terms
    uint96 maxMinCharge;
    uint96 deposit; // escrow of each lease, smallest units; at least minCharge + closing reserve, and not zero
    uint32 fills; // how many leases this Request may become (replicas over datacenters)
    uint32 durationSeconds; // term of each lease, from activation
    uint32 minNoticeSeconds;
    uint32 maxNoticeSeconds;
    uint256 requiredCapabilities; // bits that the datacenter must have
    uint40 expiresAt;
    uint64 counter;
    uint256 salt;
}

/// @notice What a lease was matched on. Only its hash is stored: who acts on a lease hands the terms in, as the
/// LeaseMatched event gave them.
struct Terms {
    address tenant;
    address provider;
    address token;
    bytes32 specHash;
    Resources resources;
    Prices prices;
    uint96 minCharge;
    uint32 durationSeconds;
    uint32 noticeSeconds;
    uint32 submitSeconds; // how long after the end a final receipt is awaited before anyone may close
    uint40 activateBy; // unix seconds
}

enum LeaseState {
    None,
    Reserved, // matched, escrow held, waiting for the provider's activate
    Active, // the clock runs
    Closing, // the end is set; usage until then is still paid
    Closed // terminal; the escrow is gone
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

/// @notice Stored per lease, four slots.
struct Lease {
    address tenant;
    uint96 escrow; // held for this lease and not yet earned
    address provider;
    uint96 paid; // cumulative, credited to the provider
    bytes32 termsHash;
    LeaseState state;
    CloseReason reason;
    uint32 seq; // of the last receipt
    uint40 activatedAt;
    uint40 through; // measured until; unix seconds
    uint40 endsAt; // the last paid second. Active: the end of the term; Closing: of the notice, if that is earlier
}

/// @notice Signed by the provider's operator key (EIP-712, domain: chain id and LeaseManager).
struct UsageReceipt {
    bytes32 leaseId;
    uint32 seq; // grows by at least one
    uint40 through; // usage is measured until here; unix seconds
    Usage usage; // cumulative
    bytes32 evidenceRoot; // commits to the samples, for disputes
    bool isFinal; // nothing follows: closes a lease that is Closing, at once; means nothing while it is Active
}

/// @notice One item of a settlement batch.
struct Settlement {
    Terms terms;
    UsageReceipt receipt;
}
