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
    string internal constant ROOT = "ReceiptRoot(address provider,bytes32 root)";
    string internal constant ATTESTATION =
        "Attestation(address provider,uint256 bits,uint40 issuedAt,uint40 expiresAt,bytes32 evidenceHash)";
    string private constant OFFER =
        "Offer(address provider,address token,bytes32 requestHash,Resources resources,Prices prices,uint96 startFee,uint96 minCharge,uint96 reservationFee,uint32 volume,uint32 noticeSeconds,uint32 activationSeconds,uint16 downtimeBps,uint16 maxRoyaltyBps,address arbiter,uint40 expiresAt,uint64 counter,uint256 salt)";
    string private constant REQUEST =
        "Request(address tenant,address sponsor,address token,address provider,bytes32 specHash,Resources resources,Prices maxPrices,uint96 maxStartFee,uint96 maxMinCharge,uint96 maxReservationFee,uint96 deposit,uint32 fills,uint32 durationSeconds,uint32 minNoticeSeconds,uint32 maxNoticeSeconds,uint32 maxActivationSeconds,uint16 minDowntimeBps,uint256 requiredCapabilities,address auditor,address arbiter,bytes32 app,bool callback,uint40 expiresAt,uint64 counter,uint256 salt)";
    string private constant RECEIPT =
        "UsageReceipt(bytes32 leaseId,uint32 seq,uint40 through,Usage usage,uint32 downSeconds,bytes32 evidenceRoot,bool isFinal)";
    string private constant AMENDMENT =
        "Amendment(bytes32 leaseId,bytes32 oldTerms,bytes32 newTerms,uint32 nonce,uint32 seq,uint40 through,Usage usage,uint32 downSeconds,uint40 expiresAt)";
    string private constant TERMS =
        "Terms(address tenant,address payer,address provider,address token,bytes32 specHash,Resources resources,Prices prices,uint96 startFee,uint96 minCharge,uint96 reservationFee,uint32 durationSeconds,uint32 noticeSeconds,uint40 activateBy,uint16 downtimeBps,address arbiter,address royaltyTo,uint16 royaltyBps,bool callback,uint32 submitSeconds,uint32 maturitySeconds,uint32 rulingSeconds,uint16 feeBps,uint96 slice,uint96 penalty,uint96 disputeBond,uint96 arbiterFee,uint96 bounty)";

    function offer() internal pure returns (string memory) {
        return string.concat(OFFER, PRICES, RESOURCES);
    }

    function request() internal pure returns (string memory) {
        return string.concat(REQUEST, PRICES, RESOURCES);
    }

    function receipt() internal pure returns (string memory) {
        return string.concat(RECEIPT, USAGE);
    }

    function amendment() internal pure returns (string memory) {
        return string.concat(AMENDMENT, USAGE);
    }

    /// @dev Terms are not signed; the string only carries them through JSON.
    function terms() internal pure returns (string memory) {
        return string.concat(TERMS, PRICES, RESOURCES);
    }
}
