// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../interfaces/ILeaseManager.sol";
import {Terms} from "../types/Lease.sol";

/// @title Terms as the 39 words that they are in calldata: hashed, compared and logged without being taken apart.
/// @dev A static struct in calldata is its own abi.encode. Words with dirty upper bits cannot come in: Market encodes what
/// `open` stores the hash of, and `amend` reads every field that may change as its type.
library TermsCode {
    uint256 private constant SIZE = 1248;
    uint256 private constant WORDS = 39;
    uint256 private constant SPEC_OFFSET = 128;
    /// @dev Words that an amendment may change: specHash (4), resources (5 to 12), prices (13 to 18), minCharge (20),
    /// durationSeconds (22), noticeSeconds (23), slice (34), penalty (35).
    uint256 private constant FREE = (0x7fff << 4) | (1 << 20) | (3 << 22) | (3 << 34);
    /// @dev Names of the others in their order, 16 bytes each.
    bytes private constant NAMES = "tenant          payer           provider        token           "
        "startFee        reservationFee  activateBy      downtimeBps     "
        "arbiter         royaltyTo       royaltyBps      callback        "
        "submitSeconds   maturitySeconds rulingSeconds   feeBps          "
        "disputeBond     arbiterFee      bounty          ";

    /// @return digest keccak256(abi.encode(terms))
    function hash(Terms calldata terms) internal pure returns (bytes32 digest) {
        // solhint-disable-next-line no-inline-assembly, hashes and logs calldata as it came in instead of taking the struct apart
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, terms, SIZE)
            digest := keccak256(free, SIZE)
        }
    }

    /// @return digest hash of the same terms for another workload
    function hashWithSpec(Terms calldata terms, bytes32 specHash) internal pure returns (bytes32 digest) {
        // solhint-disable-next-line no-inline-assembly, hashes and logs calldata as it came in instead of taking the struct apart
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, terms, SIZE)
            mstore(add(free, SPEC_OFFSET), specHash)
            digest := keccak256(free, SIZE)
        }
    }

    /// @dev ILeaseManager.LeaseMatched. The Terms come last and are static, so the data is its words in a row.
    function emitMatched(
        bytes32 leaseId,
        Terms calldata terms,
        bytes32 requestHash,
        bytes32 offerHash,
        uint256 fillIndex,
        uint256 escrow
    ) internal {
        bytes32 topic = ILeaseManager.LeaseMatched.selector;
        (address tenant, address provider) = (terms.tenant, terms.provider);
        // solhint-disable-next-line no-inline-assembly, hashes and logs calldata as it came in instead of taking the struct apart
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, requestHash)
            mstore(add(free, 0x20), offerHash)
            mstore(add(free, 0x40), fillIndex)
            mstore(add(free, 0x60), escrow)
            calldatacopy(add(free, 0x80), terms, SIZE)
            log4(free, add(SIZE, 0x80), topic, leaseId, tenant, provider)
        }
    }

    /// @dev ILeaseManager.LeaseAmended, with the terms' specHash replaced.
    function emitAmended(bytes32 leaseId, Terms calldata terms, bytes32 specHash, uint256 amendments) internal {
        bytes32 topic = ILeaseManager.LeaseAmended.selector;
        address provider = terms.provider;
        // solhint-disable-next-line no-inline-assembly, hashes and logs calldata as it came in instead of taking the struct apart
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, amendments)
            calldatacopy(add(free, 0x20), terms, SIZE)
            mstore(add(add(free, 0x20), SPEC_OFFSET), specHash)
            log3(free, add(SIZE, 0x20), topic, leaseId, provider)
        }
    }

    /// @notice Reverts with the name of the first field that differs and may not.
    function checkFixed(Terms calldata a, Terms calldata b) internal pure {
        uint256 name;
        for (uint256 i = 0; i < WORDS; ++i) {
            if ((FREE >> i) & 1 != 0) continue;
            bool same;
            // solhint-disable-next-line no-inline-assembly, a word of the struct by its number
            assembly ("memory-safe") {
                same := eq(calldataload(add(a, mul(i, 0x20))), calldataload(add(b, mul(i, 0x20))))
            }
            if (!same) revert ILeaseManager.TermFixed(_name(name));
            ++name;
        }
    }

    function _name(uint256 index) private pure returns (string memory) {
        bytes memory names = NAMES;
        bytes16 padded;
        // solhint-disable-next-line no-inline-assembly, sixteen bytes of a string at once
        assembly ("memory-safe") {
            padded := mload(add(add(names, 0x20), mul(index, 16)))
        }
        uint256 length;
        while (length < 16 && padded[length] != " ") ++length;
        bytes memory name = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            name[i] = padded[i];
        }
        return string(name);
    }
}
