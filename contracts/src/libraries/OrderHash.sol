// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Offer, Prices, Request, Resources} from "../types/Lease.sol";

/// @title EIP-712 struct hashes of the orders.
/// @dev Each constant is one literal, which the compiler folds; a concatenation of constants would be hashed again at every use.
/// test/concrete/TypedHash.t.sol rebuilds every string from the compiler's ABI, so no struct changes without its type string.
/// The words of a struct are copied as they came in: whoever reads a field has the compiler check that it is in range, and a
/// word that is not gives a digest that nobody can have signed.
library OrderHash {
    bytes32 internal constant RESOURCES_TYPEHASH = keccak256(
        "Resources(uint32 cpuMilli,uint32 memoryMiB,uint32 storageMiB,uint32 egressKiBps,uint16 gpuCountA,uint16 gpuCountB,"
        "bytes32 gpuClassA,bytes32 gpuClassB)"
    );
    bytes32 internal constant PRICES_TYPEHASH =
        keccak256("Prices(uint96 cpu,uint96 memoryMiB,uint96 storageMiB,uint96 egress,uint96 gpuA,uint96 gpuB)");
    // The structs that are referred to follow in alphabetical order (EIP-712, encodeType).
    bytes32 internal constant OFFER_TYPEHASH = keccak256(
        "Offer(address provider,address token,bytes32 requestHash,Resources resources,Prices prices,uint96 startFee,"
        "uint96 minCharge,uint96 reservationFee,uint32 volume,uint32 noticeSeconds,uint32 activationSeconds,uint16 downtimeBps,"
        "uint16 maxRoyaltyBps,address arbiter,uint40 expiresAt,uint64 counter,uint256 salt)"
        "Prices(uint96 cpu,uint96 memoryMiB,uint96 storageMiB,uint96 egress,uint96 gpuA,uint96 gpuB)"
        "Resources(uint32 cpuMilli,uint32 memoryMiB,uint32 storageMiB,uint32 egressKiBps,uint16 gpuCountA,uint16 gpuCountB,"
        "bytes32 gpuClassA,bytes32 gpuClassB)"
    );
    bytes32 internal constant REQUEST_TYPEHASH = keccak256(
        "Request(address tenant,address sponsor,address token,address provider,bytes32 specHash,Resources resources,"
        "Prices maxPrices,uint96 maxStartFee,uint96 maxMinCharge,uint96 maxReservationFee,uint96 deposit,uint32 fills,"
        "uint32 durationSeconds,uint32 minNoticeSeconds,uint32 maxNoticeSeconds,uint32 maxActivationSeconds,"
        "uint16 minDowntimeBps,uint256 requiredCapabilities,address auditor,address arbiter,bytes32 app,bool callback,"
        "uint40 expiresAt,uint64 counter,uint256 salt)"
        "Prices(uint96 cpu,uint96 memoryMiB,uint96 storageMiB,uint96 egress,uint96 gpuA,uint96 gpuB)"
        "Resources(uint32 cpuMilli,uint32 memoryMiB,uint32 storageMiB,uint32 egressKiBps,uint16 gpuCountA,uint16 gpuCountB,"
        "bytes32 gpuClassA,bytes32 gpuClassB)"
    );

    /// @dev Words: 0 to 2 heads, 3 to 10 resources, 11 to 16 prices, 17 to 28 the rest.
    function hash(Offer calldata o) internal pure returns (bytes32 digest) {
        bytes32 typehash = OFFER_TYPEHASH;
        bytes32 resources = hash(o.resources);
        bytes32 prices = hash(o.prices);
        // solhint-disable-next-line no-inline-assembly, hashes calldata as it came in instead of taking the struct apart
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typehash)
            calldatacopy(add(free, 32), o, 96)
            mstore(add(free, 128), resources)
            mstore(add(free, 160), prices)
            calldatacopy(add(free, 192), add(o, 544), 384)
            digest := keccak256(free, 576)
        }
    }

    /// @dev Words: 0 to 4 heads, 5 to 12 resources, 13 to 18 prices, 19 to 36 the rest.
    function hash(Request calldata r) internal pure returns (bytes32 digest) {
        bytes32 typehash = REQUEST_TYPEHASH;
        bytes32 resources = hash(r.resources);
        bytes32 prices = hash(r.maxPrices);
        // solhint-disable-next-line no-inline-assembly, hashes calldata as it came in instead of taking the struct apart
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typehash)
            calldatacopy(add(free, 32), r, 160)
            mstore(add(free, 192), resources)
            mstore(add(free, 224), prices)
            calldatacopy(add(free, 256), add(r, 608), 576)
            digest := keccak256(free, 832)
        }
    }

    function hash(Resources calldata r) internal pure returns (bytes32 digest) {
        bytes32 typehash = RESOURCES_TYPEHASH;
        // solhint-disable-next-line no-inline-assembly, hashes calldata as it came in instead of taking the struct apart
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typehash)
            calldatacopy(add(free, 32), r, 256)
            digest := keccak256(free, 288)
        }
    }

    function hash(Prices calldata p) internal pure returns (bytes32 digest) {
        bytes32 typehash = PRICES_TYPEHASH;
        // solhint-disable-next-line no-inline-assembly, hashes calldata as it came in instead of taking the struct apart
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typehash)
            calldatacopy(add(free, 32), p, 192)
            digest := keccak256(free, 224)
        }
    }
}
