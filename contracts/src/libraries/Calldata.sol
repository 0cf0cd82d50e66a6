// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Amendment, Prices, Terms, Usage, UsageReceipt} from "../types/Lease.sol";

/// @title Structs in calldata, at a place that the optimizer does not know.
/// @dev Most functions get these at a fixed place, and the compiler makes a copy of all that they call for each such place: a
/// third of LeaseManager, which then is too large to be deployed. A sum whose second part is always zero hides the place.
library Calldata {
    function hide(Terms calldata a) internal pure returns (Terms calldata same) {
        // solhint-disable-next-line no-inline-assembly, the only way to name another place in calldata
        assembly ("memory-safe") {
            same := add(a, shr(255, calldatasize()))
        }
    }

    function hide(UsageReceipt calldata a) internal pure returns (UsageReceipt calldata same) {
        // solhint-disable-next-line no-inline-assembly, the only way to name another place in calldata
        assembly ("memory-safe") {
            same := add(a, shr(255, calldatasize()))
        }
    }

    function hide(Amendment calldata a) internal pure returns (Amendment calldata same) {
        // solhint-disable-next-line no-inline-assembly, the only way to name another place in calldata
        assembly ("memory-safe") {
            same := add(a, shr(255, calldatasize()))
        }
    }

    function hide(Usage calldata a) internal pure returns (Usage calldata same) {
        // solhint-disable-next-line no-inline-assembly, the only way to name another place in calldata
        assembly ("memory-safe") {
            same := add(a, shr(255, calldatasize()))
        }
    }

    function hide(Prices calldata a) internal pure returns (Prices calldata same) {
        // solhint-disable-next-line no-inline-assembly, the only way to name another place in calldata
        assembly ("memory-safe") {
            same := add(a, shr(255, calldatasize()))
        }
    }
}
