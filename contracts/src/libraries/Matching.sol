// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IMarket} from "../interfaces/IMarket.sol";
import {Parameters, TokenParameters} from "../interfaces/IParameters.sol";
import {Offer, Prices, Request, Resources, Terms} from "../types/Lease.sol";
import {Pricing} from "./Pricing.sol";

/// @title Whether an Offer answers a Request, and the terms that follow. Pure: knows no signature, fill or balance.
library Matching {
    uint32 internal constant MIN_DURATION = 1;
    uint32 internal constant MAX_DURATION = 366 days;
    uint16 internal constant BPS = 10_000;
    uint256 private constant METERS = 6;
    string private constant RESOURCE_NAMES =
        "cpuMilli      memoryMiB     storageMiB    egressKiBps   gpuCountA     gpuCountB     ";
    string private constant PRICE_NAMES = "cpu           memoryMiB     storageMiB    egress        gpuA          gpuB          "
        "startFee      minCharge     reservationFee";

    /// @notice Reverts with the first thing that does not fit; the error names both sides. What is checked here follows from
    /// the two orders alone, so that a bid that fits does so for good.
    function check(Offer calldata offer, Request calldata request) internal pure {
        if (request.provider != address(0) && request.provider != offer.provider) {
            revert IMarket.ProviderNotWanted(offer.provider, request.provider);
        }
        if (offer.token != request.token) revert IMarket.TokenDiffers(offer.token, request.token);
        if (offer.arbiter != request.arbiter) revert IMarket.ArbiterDiffers(offer.arbiter, request.arbiter);
        _checkTimes(offer, request);
        _checkMeters(offer, request);
        _affordable(6, offer.startFee, request.maxStartFee);
        _affordable(7, offer.minCharge, request.maxMinCharge);
        _affordable(8, offer.reservationFee, request.maxReservationFee);
        if (offer.downtimeBps > BPS) revert IMarket.DowntimeCreditInvalid(offer.downtimeBps, BPS);
        if (offer.downtimeBps < request.minDowntimeBps) {
            revert IMarket.DowntimeCreditTooLow(offer.downtimeBps, request.minDowntimeBps);
        }
    }

    /// @return needed smallest units that a deposit must have: what is owed in any case, and the closing reserve. Never zero.
    function neededDeposit(Offer calldata offer, Request calldata request, uint256 bounty)
        internal
        pure
        returns (uint256 needed)
    {
        // As Pricing.closingReserve has it for the terms that these orders give.
        uint256 notice = Pricing.rate(offer.prices, request.resources) * offer.noticeSeconds;
        needed = Math.ceilDiv(notice, Pricing.PRICE_SCALE) + bounty;
        return Math.max(needed + offer.startFee + offer.minCharge, 1);
    }

    /// @return stake smallest units that a lease binds: two maturity buckets at full load, times the ratio, rounded up.
    function slice(Prices calldata prices, Resources calldata resources, uint32 maturitySeconds, uint16 sliceBps)
        internal
        pure
        returns (uint256 stake)
    {
        // Less than 2^131 * 2^33 * 2^16.
        uint256 scaled = Pricing.rate(prices, resources) * 2 * maturitySeconds * sliceBps;
        return Math.ceilDiv(scaled, Pricing.PRICE_SCALE * BPS);
    }

    /// @notice What bids are ranked by: the whole term at full load, no second of it down, but the minimum charge at least; and
    /// the start fee. A lease can never hold more than uint96, so no greater cost is told apart.
    function cost(Offer calldata offer, Request calldata request) internal pure returns (uint96) {
        uint256 term = Pricing.rateCap(offer.prices, request.resources, request.durationSeconds);
        return uint96(Math.min(offer.startFee + Math.max(term, offer.minCharge), type(uint96).max));
    }

    /// @notice The terms at the offered prices, without app. What is not reserved has no price, so that no claim on it can ever
    /// be worth anything: its maximum was not looked at.
    function terms(
        Offer calldata offer,
        Request calldata request,
        Parameters memory parameters,
        TokenParameters memory sums,
        uint96 stake
    ) internal view returns (Terms memory t) {
        t.tenant = request.tenant;
        t.payer = payer(request);
        t.provider = offer.provider;
        t.token = offer.token;
        t.specHash = request.specHash;
        t.resources = request.resources;
        t.prices = offer.prices;
        if (t.resources.storageMiB == 0) t.prices.storageMiB = 0;
        if (t.resources.egressKiBps == 0) t.prices.egress = 0;
        if (t.resources.gpuCountA == 0) t.prices.gpuA = 0;
        if (t.resources.gpuCountB == 0) t.prices.gpuB = 0;
        t.startFee = offer.startFee;
        t.minCharge = offer.minCharge;
        t.reservationFee = offer.reservationFee;
        t.durationSeconds = request.durationSeconds;
        t.noticeSeconds = offer.noticeSeconds;
        t.activateBy = uint40(block.timestamp) + offer.activationSeconds;
        t.downtimeBps = offer.downtimeBps;
        t.arbiter = request.arbiter;
        t.callback = request.callback;
        t.submitSeconds = parameters.submitSeconds;
        t.maturitySeconds = parameters.maturitySeconds;
        t.rulingSeconds = parameters.rulingSeconds;
        t.feeBps = parameters.feeBps;
        t.slice = stake;
        t.penalty = uint96(uint256(stake) * parameters.penaltyBps / BPS);
        t.disputeBond = sums.disputeBond;
        t.arbiterFee = sums.arbiterFee;
        t.bounty = sums.bounty;
    }

    /// @notice Whose money a Request spends.
    function payer(Request calldata request) internal pure returns (address) {
        return request.sponsor == address(0) ? request.tenant : request.sponsor;
    }

    function _checkTimes(Offer calldata offer, Request calldata request) private pure {
        if (request.durationSeconds < MIN_DURATION || request.durationSeconds > MAX_DURATION) {
            revert IMarket.DurationOutOfRange(request.durationSeconds, MIN_DURATION, MAX_DURATION);
        }
        if (offer.noticeSeconds < request.minNoticeSeconds || offer.noticeSeconds > request.maxNoticeSeconds) {
            revert IMarket.NoticeOutOfRange(offer.noticeSeconds, request.minNoticeSeconds, request.maxNoticeSeconds);
        }
        if (offer.activationSeconds > request.maxActivationSeconds) {
            revert IMarket.ActivationTooSlow(offer.activationSeconds, request.maxActivationSeconds);
        }
    }

    /// @dev Resources and prices name the six meters in the same order, one word each.
    function _checkMeters(Offer calldata offer, Request calldata request) private pure {
        Resources calldata wanted = request.resources;
        Resources calldata offered = offer.resources;
        if (wanted.cpuMilli == 0 || wanted.memoryMiB == 0) revert IMarket.ResourcesEmpty();
        for (uint256 i = 0; i < METERS; ++i) {
            (uint256 want, uint256 have) = (_word(wanted, i), _word(offered, i));
            if (want > have) revert IMarket.ResourcesExceedOffer(_resourceName(i), want, have);
            if (want != 0) _affordable(i, _word(offer.prices, i), _word(request.maxPrices, i));
        }
        _sameClass(wanted.gpuCountA, wanted.gpuClassA, offered.gpuClassA);
        _sameClass(wanted.gpuCountB, wanted.gpuClassB, offered.gpuClassB);
    }

    function _affordable(uint256 which, uint256 offered, uint256 max) private pure {
        if (offered > max) revert IMarket.PriceAboveMaximum(_priceName(which), offered, max);
    }

    function _word(Resources calldata r, uint256 i) private pure returns (uint256 word) {
        // solhint-disable-next-line no-inline-assembly, a word of the struct by its number
        assembly ("memory-safe") {
            word := calldataload(add(r, shl(5, i)))
        }
    }

    function _word(Prices calldata p, uint256 i) private pure returns (uint256 word) {
        // solhint-disable-next-line no-inline-assembly, a word of the struct by its number
        assembly ("memory-safe") {
            word := calldataload(add(p, shl(5, i)))
        }
    }

    function _resourceName(uint256 i) private pure returns (string memory) {
        return _cut(RESOURCE_NAMES, i);
    }

    function _priceName(uint256 i) private pure returns (string memory) {
        return _cut(PRICE_NAMES, i);
    }

    /// @dev The field with this number, out of a text in which each has 14 places.
    function _cut(string memory names, uint256 i) private pure returns (string memory name) {
        name = new string(14);
        uint256 length = 0;
        for (; length < 14; ++length) {
            bytes1 c = bytes(names)[14 * i + length];
            if (c == " ") break;
            bytes(name)[length] = c;
        }
        // solhint-disable-next-line no-inline-assembly, makes a string shorter: the language cannot
        assembly ("memory-safe") {
            mstore(name, length)
        }
    }

    /// @dev A GPU slot is either wholly used (count and class) or wholly empty, so that one demand has one encoding.
    function _sameClass(uint256 count, bytes32 wanted, bytes32 offered) private pure {
        bool used = count != 0;
        if (used != (wanted != 0) || (used && wanted != offered)) revert IMarket.GpuClassDiffers(wanted, offered);
    }
}
