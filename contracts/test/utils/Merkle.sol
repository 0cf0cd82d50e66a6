// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title A Merkle tree of sorted pairs, as OpenZeppelin's MerkleProof reads it: an odd node goes up as it is.
library Merkle {
    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        bytes32[] memory level = leaves;
        while (level.length > 1) level = _up(level);
        return level[0];
    }

    function proof(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory found) {
        found = new bytes32[](16);
        uint256 length;
        bytes32[] memory level = leaves;
        while (level.length > 1) {
            uint256 sibling = index ^ 1;
            if (sibling < level.length) found[length++] = level[sibling];
            level = _up(level);
            index /= 2;
        }
        assembly ("memory-safe") {
            mstore(found, length)
        }
    }

    function _up(bytes32[] memory level) private pure returns (bytes32[] memory above) {
        above = new bytes32[]((level.length + 1) / 2);
        for (uint256 i = 0; i < above.length; ++i) {
            bytes32 a = level[2 * i];
            if (2 * i + 1 == level.length) {
                above[i] = a;
                continue;
            }
            bytes32 b = level[2 * i + 1];
            above[i] = a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
        }
    }
}
