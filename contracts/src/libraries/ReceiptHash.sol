// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Amendment, Usage, UsageReceipt} from "../types/Lease.sol";

/// @title EIP-712 struct hashes of what is signed about a running lease.
/// @dev Each constant is one literal, which the compiler folds. test/concrete/TypedHash.t.sol rebuilds every string from the
/// compiler's ABI, so no struct changes without its type string.
library ReceiptHash {
    bytes32 internal constant USAGE_TYPEHASH = keccak256(
        "Usage(uint64 cpuMilliSeconds,uint64 memoryMiBSeconds,uint64 storageMiBSeconds,uint64 egressKiB,"
        "uint64 gpuMilliSecondsA,uint64 gpuMilliSecondsB)"
    );
    bytes32 internal constant RECEIPT_TYPEHASH = keccak256(
        "UsageReceipt(bytes32 leaseId,uint32 seq,uint40 through,Usage usage,uint32 downSeconds,bytes32 evidenceRoot,bool isFinal)"
        "Usage(uint64 cpuMilliSeconds,uint64 memoryMiBSeconds,uint64 storageMiBSeconds,uint64 egressKiB,"
        "uint64 gpuMilliSecondsA,uint64 gpuMilliSecondsB)"
    );
    bytes32 internal constant AMENDMENT_TYPEHASH = keccak256(
        "Amendment(bytes32 leaseId,bytes32 oldTerms,bytes32 newTerms,uint32 nonce,uint32 seq,uint40 through,Usage usage,"
        "uint32 downSeconds,uint40 expiresAt)"
        "Usage(uint64 cpuMilliSeconds,uint64 memoryMiBSeconds,uint64 storageMiBSeconds,uint64 egressKiB,"
        "uint64 gpuMilliSecondsA,uint64 gpuMilliSecondsB)"
    );
    bytes32 internal constant ROOT_TYPEHASH = keccak256("ReceiptRoot(address provider,bytes32 root)");

    function hash(UsageReceipt calldata r) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                RECEIPT_TYPEHASH, r.leaseId, r.seq, r.through, hash(r.usage), r.downSeconds, r.evidenceRoot, r.isFinal
            )
        );
    }

    function hash(Amendment calldata a) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                AMENDMENT_TYPEHASH,
                a.leaseId,
                a.oldTerms,
                a.newTerms,
                a.nonce,
                a.seq,
                a.through,
                hash(a.usage),
                a.downSeconds,
                a.expiresAt
            )
        );
    }

    function root(address provider, bytes32 root_) internal pure returns (bytes32) {
        return keccak256(abi.encode(ROOT_TYPEHASH, provider, root_));
    }

    /// @dev A flat struct: its ABI encoding is its EIP-712 encodeData.
    function hash(Usage calldata usage) internal pure returns (bytes32) {
        return keccak256(abi.encode(USAGE_TYPEHASH, usage));
    }
}
