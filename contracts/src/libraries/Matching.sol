// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../interfaces/ILeaseManager.sol";
import {Offer, Prices, Request, Resources, Terms} from "../types/Lease.sol";
import {Pricing} from "./Pricing.sol";

/// @title Whether an Offer answers a Request, and the terms that follow. Pure: knows no signature, clock, fill or balance.
library Matching {
    uint32 internal constant MIN_DURATION = 1;
    uint32 internal constant MAX_DURATION = 366 days;

    /// @notice Reverts with the first thing that does not fit; the error names both sides.
    function check(Offer calldata offer, Request calldata request) internal pure {
        if (request.provider != address(0) && request.provider != offer.provider) {
            revert ILeaseManager.ProviderNotWanted(offer.provider, request.provider);
        }
        if (offer.token != request.token) revert ILeaseManager.TokenDiffers(offer.token, request.token);
        if (request.durationSeconds < MIN_DURATION || request.durationSeconds > MAX_DURATION) {
            revert ILeaseManager.DurationOutOfRange(request.durationSeconds, MIN_DURATION, MAX_DURATION);
        }
        if (offer.noticeSeconds < request.minNoticeSeconds || offer.noticeSeconds > request.maxNoticeSeconds) {
            revert ILeaseManager.NoticeOutOfRange(offer.noticeSeconds, request.minNoticeSeconds, request.maxNoticeSeconds);
        }
        _checkResources(request.resources, offer.resources);
        _checkPrices(offer.prices, request.maxPrices, request.resources);
        if (offer.minCharge > request.maxMinCharge) {
            revert ILeaseManager.PriceAboveMaximum("minCharge", offer.minCharge, request.maxMinCharge);
        }
        uint256 needed = Pricing.closingReserve(offer.prices, request.resources, offer.noticeSeconds) + offer.minCharge;
        if (request.deposit < needed) revert ILeaseManager.DepositTooLow(request.deposit, needed);
    }

    /// @notice The terms at the offered prices. What is not reserved has no price, so that no claim on it can ever be worth
    /// anything: its maximum was not looked at.
    function terms(Offer calldata offer, Request calldata request, uint32 submitSeconds)
        internal
        view
        returns (Terms memory t)
    {
        t.tenant = request.tenant;
        t.provider = offer.provider;
        t.token = offer.token;
        t.specHash = request.specHash;
        t.resources = request.resources;
        t.prices = offer.prices;
        if (t.resources.storageMiB == 0) t.prices.storageMiB = 0;
        if (t.resources.egressKiBps == 0) t.prices.egress = 0;
        if (t.resources.gpuCountA == 0) t.prices.gpuA = 0;
        if (t.resources.gpuCountB == 0) t.prices.gpuB = 0;
        t.minCharge = offer.minCharge;
        t.durationSeconds = request.durationSeconds;
        t.noticeSeconds = offer.noticeSeconds;
        t.submitSeconds = submitSeconds;
        t.activateBy = uint40(block.timestamp) + offer.activationSeconds;
    }

    function _checkResources(Resources calldata wanted, Resources calldata offered) private pure {
        if (wanted.cpuMilli == 0 || wanted.memoryMiB == 0) revert ILeaseManager.ResourcesEmpty();
        _fits("cpuMilli", wanted.cpuMilli, offered.cpuMilli);
        _fits("memoryMiB", wanted.memoryMiB, offered.memoryMiB);
        _fits("storageMiB", wanted.storageMiB, offered.storageMiB);
        _fits("egressKiBps", wanted.egressKiBps, offered.egressKiBps);
        _fits("gpuCountA", wanted.gpuCountA, offered.gpuCountA);
        _fits("gpuCountB", wanted.gpuCountB, offered.gpuCountB);
        _sameClass(wanted.gpuCountA, wanted.gpuClassA, offered.gpuClassA);
        _sameClass(wanted.gpuCountB, wanted.gpuClassB, offered.gpuClassB);
    }

    function _checkPrices(Prices calldata offered, Prices calldata max, Resources calldata wanted) private pure {
        _affordable("cpu", offered.cpu, max.cpu);
        _affordable("memoryMiB", offered.memoryMiB, max.memoryMiB);
        if (wanted.storageMiB != 0) _affordable("storageMiB", offered.storageMiB, max.storageMiB);
        if (wanted.egressKiBps != 0) _affordable("egress", offered.egress, max.egress);
        if (wanted.gpuCountA != 0) _affordable("gpuA", offered.gpuA, max.gpuA);
        if (wanted.gpuCountB != 0) _affordable("gpuB", offered.gpuB, max.gpuB);
    }

    function _fits(string memory field, uint256 wanted, uint256 offered) private pure {
        if (wanted > offered) revert ILeaseManager.ResourcesExceedOffer(field, wanted, offered);
    }

    function _affordable(string memory field, uint256 offered, uint256 max) private pure {
        if (offered > max) revert ILeaseManager.PriceAboveMaximum(field, offered, max);
    }

    /// @dev A GPU slot is either wholly used (count and class) or wholly empty, so that one demand has one encoding.
    function _sameClass(uint256 count, bytes32 wanted, bytes32 offered) private pure {
        bool used = count != 0;
        if (used != (wanted != 0) || (used && wanted != offered)) revert ILeaseManager.GpuClassDiffers(wanted, offered);
    }
}
