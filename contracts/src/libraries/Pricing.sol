// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Prices, Resources, Terms, Usage} from "../types/Lease.sol";

/// @title What usage costs. Pure integer arithmetic; nothing here can overflow for any legal input (see each bound).
/// @dev Prices are smallest token units per PRICE_SCALE units of a meter, so that cheap meters keep digits.
library Pricing {
    uint256 internal constant PRICE_SCALE = 1e9;
    uint256 internal constant BPS = 10_000;
    /// @dev GPU meters count milliseconds, reservations count whole GPUs.
    uint256 private constant MILLI = 1000;

    /// @return cost smallest units. Rounded down once, on the cumulative total: settling in slices costs what settling once
    /// does. Less than 2^134: at most 6 * 2^64 * 2^96 before the division.
    function price(Prices calldata prices, Usage calldata usage) internal pure returns (uint256 cost) {
        unchecked {
            cost = uint256(prices.cpu) * usage.cpuMilliSeconds;
            cost += uint256(prices.memoryMiB) * usage.memoryMiBSeconds;
            cost += uint256(prices.storageMiB) * usage.storageMiBSeconds;
            cost += uint256(prices.egress) * usage.egressKiB;
            cost += uint256(prices.gpuA) * usage.gpuMilliSecondsA;
            cost += uint256(prices.gpuB) * usage.gpuMilliSecondsB;
            cost /= PRICE_SCALE;
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

    /// @return smallest units, rounded down. Reverts only for more than 2^125 seconds.
    function rateCap(Prices calldata prices, Resources calldata resources, uint256 seconds_)
        internal
        pure
        returns (uint256)
    {
        return rate(prices, resources) * seconds_ / PRICE_SCALE;
    }

    /// @return smallest units that `activeSeconds` can cost at most, start fee included. Less than 2^142
    /// for 40 bits of seconds.
    function cap(Terms calldata terms, uint256 activeSeconds) internal pure returns (uint256) {
        return terms.startFee + rateCap(terms.prices, terms.resources, activeSeconds);
    }

    /// @return smallest units: start fee + priced usage - credit for downtime, not below zero. Less than 2^135.
    function due(Terms calldata terms, Usage calldata usage, uint32 downSeconds) internal pure returns (uint256) {
        unchecked {
            uint256 earned = terms.startFee + price(terms.prices, usage);
            if (downSeconds == 0) return earned;
            // Less than 2^131 * 2^32 * 2^16 before the division.
            uint256 credit = rate(terms.prices, terms.resources) * downSeconds * terms.downtimeBps / (BPS * PRICE_SCALE);
            return earned > credit ? earned - credit : 0;
        }
    }

    /// @return smallest units: the notice at full load, rounded up, and the bounty of who ends the lease. Start fee and minimum
    /// charge need no reserve of their own, because escrow + claimed never falls below the deposit, and the deposit covers all.
    function closingReserve(Terms calldata terms) internal pure returns (uint256) {
        unchecked {
            // Less than 2^131 * 2^32 before the division.
            uint256 notice = rate(terms.prices, terms.resources) * terms.noticeSeconds;
            return (notice + PRICE_SCALE - 1) / PRICE_SCALE + terms.bounty;
        }
    }
}
