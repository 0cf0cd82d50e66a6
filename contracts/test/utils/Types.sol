// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title The EIP-712 type strings, one per struct; referred ones are added by Types.offer() and its like.
library Types {
    string internal constant RESOURCES =
        "Resources(uint32 cpuMilli,uint32 memoryMiB,uint32 storageMiB,uint32 egressKiBps,uint16 gpuCountA,uint16 gpuCountB,bytes32 gpuClassA,bytes32 gpuClassB)";
    string internal constant PRICES =
        "Prices(uint96 cpu,uint96 memoryMiB,uint96 storageMiB,uint96 egress,uint96 gpuA,uint96 gpuB)";
    string internal constant USAGE =
        "Usage(uint64 cpuMilliSeconds,uint64 memoryMiBSeconds,uint64 storageMiBSeconds,uint64 egressKiB,uint64 gpuMilliSecondsA,uint64 gpuMilliSecondsB)";
    string private constant OFFER =
        "Offer(address provider,address token,bytes32 requestHash,Resources resources,Prices prices,uint96 minCharge,uint32 volume,uint32 noticeSeconds,uint32 activationSeconds,uint40 expiresAt,uint64 counter,uint256 salt)";
    string private constant REQUEST =
        "Request(address tenant,address token,address provider,bytes32 specHash,Resources resources,Prices maxPrices,uint96 maxMinCharge,uint96 deposit,uint32 fills,uint32 durationSeconds,uint32 minNoticeSeconds,uint32 maxNoticeSeconds,uint256 requiredCapabilities,uint40 expiresAt,uint64 counter,uint256 salt)";
    string private constant RECEIPT =
        "UsageReceipt(bytes32 leaseId,uint32 seq,uint40 through,Usage usage,bytes32 evidenceRoot,bool isFinal)";
    string private constant TERMS =
        "Terms(address tenant,address provider,address token,bytes32 specHash,Resources resources,Prices prices,uint96 minCharge,uint32 durationSeconds,uint32 noticeSeconds,uint32 submitSeconds,uint40 activateBy)";

    function offer() internal pure returns (string memory) {
        return string.concat(OFFER, PRICES, RESOURCES);
    }

    function request() internal pure returns (string memory) {
        return string.concat(REQUEST, PRICES, RESOURCES);
    }

    function receipt() internal pure returns (string memory) {
        return string.concat(RECEIPT, USAGE);
    }

    /// @dev Terms are not signed; the string only carries them through JSON.
    function terms() internal pure returns (string memory) {
        return string.concat(TERMS, PRICES, RESOURCES);
    }
}
