// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Offer, Prices, Request, Resources, UsageReceipt} from "../types/Lease.sol";

/// @title EIP-712 struct hashes of what is signed.
/// @dev Each constant is one literal, which the compiler folds; a concatenation of constants would be hashed again at every use.
/// test/concrete/TypedHash.t.sol rebuilds every string from the compiler's ABI, so no struct changes without its type string.
library TypedHash {
    bytes32 internal constant RESOURCES_TYPEHASH = keccak256(
        "Resources(uint32 cpuMilli,uint32 memoryMiB,uint32 storageMiB,uint32 egressKiBps,uint16 gpuCountA,uint16 gpuCountB,"
        "bytes32 gpuClassA,bytes32 gpuClassB)"
    );
    bytes32 internal constant PRICES_TYPEHASH =
        keccak256("Prices(uint96 cpu,uint96 memoryMiB,uint96 storageMiB,uint96 egress,uint96 gpuA,uint96 gpuB)");
    bytes32 internal constant USAGE_TYPEHASH = keccak256(
        "Usage(uint64 cpuMilliSeconds,uint64 memoryMiBSeconds,uint64 storageMiBSeconds,uint64 egressKiB,"
        "uint64 gpuMilliSecondsA,uint64 gpuMilliSecondsB)"
    );
    // The structs that are referred to follow in alphabetical order (EIP-712, encodeType).
    bytes32 internal constant OFFER_TYPEHASH = keccak256(
        "Offer(address provider,address token,bytes32 requestHash,Resources resources,Prices prices,uint96 minCharge,"
        "uint32 volume,uint32 noticeSeconds,uint32 activationSeconds,uint40 expiresAt,uint64 counter,uint256 salt)"
        "Prices(uint96 cpu,uint96 memoryMiB,uint96 storageMiB,uint96 egress,uint96 gpuA,uint96 gpuB)"
        "Resources(uint32 cpuMilli,uint32 memoryMiB,uint32 storageMiB,uint32 egressKiBps,uint16 gpuCountA,uint16 gpuCountB,"
        "bytes32 gpuClassA,bytes32 gpuClassB)"
    );
    bytes32 internal constant REQUEST_TYPEHASH = keccak256(
        "Request(address tenant,address token,address provider,bytes32 specHash,Resources resources,Prices maxPrices,"
        "uint96 maxMinCharge,uint96 deposit,uint32 fills,uint32 durationSeconds,uint32 minNoticeSeconds,"
        "uint32 maxNoticeSeconds,uint256 requiredCapabilities,uint40 expiresAt,uint64 counter,uint256 salt)"
        "Prices(uint96 cpu,uint96 memoryMiB,uint96 storageMiB,uint96 egress,uint96 gpuA,uint96 gpuB)"
        "Resources(uint32 cpuMilli,uint32 memoryMiB,uint32 storageMiB,uint32 egressKiBps,uint16 gpuCountA,uint16 gpuCountB,"
        "bytes32 gpuClassA,bytes32 gpuClassB)"
    );
    bytes32 internal constant RECEIPT_TYPEHASH = keccak256(
        "UsageReceipt(bytes32 leaseId,uint32 seq,uint40 through,Usage usage,bytes32 evidenceRoot,bool isFinal)"
        "Usage(uint64 cpuMilliSeconds,uint64 memoryMiBSeconds,uint64 storageMiBSeconds,uint64 egressKiB,"
        "uint64 gpuMilliSecondsA,uint64 gpuMilliSecondsB)"
    );

    function hash(Offer calldata o) internal pure returns (bytes32) {
        bytes memory head = abi.encode(OFFER_TYPEHASH, o.provider, o.token, o.requestHash, hash(o.resources), hash(o.prices));
        return keccak256(
            bytes.concat(
                head,
                abi.encode(
                    o.minCharge, o.volume, o.noticeSeconds, o.activationSeconds, o.expiresAt, o.counter, o.salt
                )
            )
        );
    }

    function hash(Request calldata r) internal pure returns (bytes32) {
        bytes memory head =
            abi.encode(REQUEST_TYPEHASH, r.tenant, r.token, r.provider, r.specHash, hash(r.resources), hash(r.maxPrices));
        bytes memory middle = abi.encode(
            r.maxMinCharge, r.deposit, r.fills, r.durationSeconds, r.minNoticeSeconds, r.maxNoticeSeconds
        );
        return keccak256(
            bytes.concat(head, middle, abi.encode(r.requiredCapabilities, r.expiresAt, r.counter, r.salt))
        );
    }

    function hash(UsageReceipt calldata r) internal pure returns (bytes32) {
        bytes32 usage = keccak256(abi.encode(USAGE_TYPEHASH, r.usage));
        return keccak256(
            abi.encode(RECEIPT_TYPEHASH, r.leaseId, r.seq, r.through, usage, r.evidenceRoot, r.isFinal)
        );
    }

    /// @dev Flat structs: their ABI encoding is their EIP-712 encodeData.
    function hash(Resources calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(RESOURCES_TYPEHASH, r));
    }

    function hash(Prices calldata p) internal pure returns (bytes32) {
        return keccak256(abi.encode(PRICES_TYPEHASH, p));
    }
}
