// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Vm} from "./Vm.sol";

/// @title Base of every test: the cheat codes, and how fuzzed values are brought into range.
abstract contract Test {
    bool public constant IS_TEST = true;
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev Both ends included; the ends themselves come up often, because they are where bugs live.
    function bound(uint256 x, uint256 low, uint256 high) internal pure returns (uint256) {
        if (x >= low && x <= high) return x;
        uint256 size = high - low;
        if (size == type(uint256).max) return x;
        if (x <= 3) return low + (x > size ? size : x);
        if (x >= type(uint256).max - 3) return high - (type(uint256).max - x > size ? size : type(uint256).max - x);
        return low + x % (size + 1);
    }
}
