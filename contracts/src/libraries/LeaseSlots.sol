// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Lease} from "../types/Lease.sol";

/// @title The two slots that a settlement writes, each read and written in one go: see the layout of Lease.
/// @dev The compiler would write a slot once per field. test/fuzz/Slots.t.sol holds these against the fields themselves.
library LeaseSlots {
    uint256 private constant MASK_96 = (1 << 96) - 1;
    uint256 private constant MASK_32 = (1 << 32) - 1;

    /// @dev Slot 0: escrow, claimed, through; state and reason stay.
    function setMoney(Lease storage l, uint96 escrow, uint96 claimed, uint40 through) internal {
        uint256 word = uint256(escrow) | uint256(claimed) << 96 | uint256(through) << 192;
        // solhint-disable-next-line no-inline-assembly, a slot in one go: the compiler goes field by field
        assembly ("memory-safe") {
            sstore(l.slot, or(word, shl(232, shr(232, sload(l.slot)))))
        }
    }

    /// @dev Slot 2.
    function ring(Lease storage l) internal view returns (uint256 old, uint256 fresh, uint256 bucket, uint256 seq) {
        uint256 word;
        // solhint-disable-next-line no-inline-assembly, a slot in one go: the compiler goes field by field
        assembly ("memory-safe") {
            word := sload(add(l.slot, 2))
        }
        return (word & MASK_96, (word >> 96) & MASK_96, (word >> 192) & MASK_32, word >> 224);
    }

    /// @dev Slot 2.
    function setRing(Lease storage l, uint96 old, uint96 fresh, uint32 bucket, uint32 seq) internal {
        uint256 word = uint256(old) | uint256(fresh) << 96 | uint256(bucket) << 192 | uint256(seq) << 224;
        // solhint-disable-next-line no-inline-assembly, a slot in one go: the compiler goes field by field
        assembly ("memory-safe") {
            sstore(add(l.slot, 2), word)
        }
    }
}
