// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Prices, Resources, Usage} from "../types/Lease.sol";

/// @title What usage costs. Pure integer arithmetic; nothing here can overflow for any legal input (see each bound).
/// @dev Prices are smallest token units per PRICE_SCALE units of a meter, so that cheap meters keep digits.
library Pricing {
    uint256 internal constant PRICE_SCALE = 1e9;
    /// @dev GPU meters count milliseconds, reservations count whole GPUs.
    uint256 private constant MILLI = 1000;

    /// @return due smallest units. Rounded down once, on the cumulative total: settling in slices costs what settling once
    /// does. At most 6 * 2^64 * 2^96 before the division.
    function price(Prices calldata prices, Usage calldata usage) internal pure returns (uint256 due) {
        unchecked {
            due = uint256(prices.cpu) * usage.cpuMilliSeconds;
            due += uint256(prices.memoryMiB) * usage.memoryMiBSeconds;
            due += uint256(prices.storageMiB) * usage.storageMiBSeconds;
            due += uint256(prices.egress) * usage.egressKiB;
            due += uint256(prices.gpuA) * usage.gpuMilliSecondsA;
            due += uint256(prices.gpuB) * usage.gpuMilliSecondsB;
            due /= PRICE_SCALE;
        }
    }

    /// @return scaled what all of the reserved capacity costs per second, times PRICE_SCALE. Less than 2^131.
    function rate(Prices calldata prices, Resources calldata resources) internal pure returns (uint256 scaled) {
        unchecked {
            scaled = uint256(prices.cpu) * resources.cpuMilli;
            scaled += uint256(prices.memoryMiB) * resources.memoryMiB;
            scaled += uint256(prices.storageMiB) * resources.storageMiB;
            scaled += uint256(prices.egress) * resources.egressKiBps;
            scaled += uint256(prices.gpuA) * resources.gpuCountA * MILLI;
            scaled += uint256(prices.gpuB) * resources.gpuCountB * MILLI;
        }
    }

    /// @return cap smallest units, rounded down. Reverts only for more than 2^125 seconds.
    function rateCap(Prices calldata prices, Resources calldata resources, uint256 seconds_)
        internal
        pure
        returns (uint256 cap)
    {
        return rate(prices, resources) * seconds_ / PRICE_SCALE;
    }

    /// @return reserve smallest units: the notice at full load, rounded up. The minimum charge needs no reserve of its own,
    /// because escrow + paid never falls below the deposit, and the deposit covers both.
    function closingReserve(Prices calldata prices, Resources calldata resources, uint256 noticeSeconds)
        internal
        pure
        returns (uint256 reserve)
    {
        return (rate(prices, resources) * noticeSeconds + PRICE_SCALE - 1) / PRICE_SCALE;
    }
}
