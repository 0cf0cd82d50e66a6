// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Parameters, TokenParameters} from "../../src/interfaces/IParameters.sol";
import {Offer, Prices, Request, Resources, Terms, Usage, UsageReceipt} from "../../src/types/Lease.sol";
import {Test} from "./Test.sol";
import {TestToken} from "./TestToken.sol";

/// @title The default orders, their terms, their receipts: 1 core, 1 GiB, 10 GiB of storage, 100 KiB/s and 2 GPUs at prices
/// that make 0.01 per second. What the contracts compute is computed here once more.
abstract contract Builders is Test {
    uint256 internal constant TENANT_KEY = 0xA11CE;
    uint256 internal constant OPERATOR_KEY = 0xB0B;
    uint256 internal constant PROVIDER_KEY = 0xDC;
    uint256 internal constant ARBITER_KEY = 0xA4B;
    uint256 internal constant AUDITOR_KEY = 0xA0D;
    uint40 internal constant START = 1_800_000_000;
    uint32 internal constant SUBMIT = 1 hours;
    uint32 internal constant MATURITY = 1 hours;
    uint32 internal constant RULING = 14 days;
    uint16 internal constant FEE_BPS = 50;
    uint16 internal constant SLICE_BPS = 10_000;
    uint16 internal constant PENALTY_BPS = 1_000;
    uint80 internal constant DISPUTE_BOND = 10e6;
    uint80 internal constant ARBITER_FEE = 2e6;
    uint80 internal constant BOUNTY = 10_000;

    uint96 internal constant DEPOSIT = 1_000e6;
    uint96 internal constant MIN_CHARGE = 2e6;
    uint96 internal constant MAX_START_FEE = 5e6; // the default Offer takes none
    uint96 internal constant RESERVATION_FEE = 1e6;
    uint32 internal constant NOTICE = 600;
    uint32 internal constant ACTIVATION = 120;
    uint32 internal constant TERM = 1 days;
    bytes32 internal constant A100 = keccak256("nvidia.com/gpu/NVIDIA-A100-SXM4-80GB/81920");
    uint256 internal constant RATE = 10_000; // smallest units per second of the default lease
    uint256 internal constant RESERVE = RATE * NOTICE + BOUNTY;
    uint96 internal constant SLICE = uint96(2 * MATURITY * RATE);

    address internal tenant = vm.addr(TENANT_KEY);
    address internal operator = vm.addr(OPERATOR_KEY);
    address internal provider = vm.addr(PROVIDER_KEY);
    address internal arbiter = vm.addr(ARBITER_KEY);
    address internal auditor = vm.addr(AUDITOR_KEY);
    TestToken internal token;

    function _parameters() internal pure returns (Parameters memory) {
        return Parameters(SUBMIT, MATURITY, RULING, FEE_BPS, SLICE_BPS, PENALTY_BPS);
    }

    function _tokenParameters() internal pure returns (TokenParameters memory) {
        return TokenParameters(DISPUTE_BOND, ARBITER_FEE, BOUNTY);
    }

    function _resources() internal pure returns (Resources memory r) {
        r = Resources(1000, 1024, 10_240, 100, 2, 0, A100, 0);
    }

    /// @dev 1000 * 2e9 + 1024 * 1e9 + 10240 * 1e8 + 100 * 2e9 + 2000 * 2.876e9 = 1e13, so RATE is 1e13 / 1e9 per second.
    function _prices() internal pure returns (Prices memory) {
        return Prices(2e9, 1e9, 1e8, 2e9, 2_876_000_000, 0);
    }

    function _offer() internal view returns (Offer memory o) {
        o.provider = provider;
        o.token = address(token);
        o.resources = Resources(64_000, 262_144, 1_048_576, 125_000, 8, 8, A100, keccak256("other"));
        o.prices = _prices();
        o.minCharge = MIN_CHARGE;
        o.reservationFee = RESERVATION_FEE;
        o.volume = 100;
        o.noticeSeconds = NOTICE;
        o.activationSeconds = ACTIVATION;
        o.downtimeBps = 10_000;
        o.maxRoyaltyBps = 3_000;
        o.arbiter = arbiter;
        o.expiresAt = START + 30 days;
    }

    function _request() internal view returns (Request memory r) {
        r.tenant = tenant;
        r.token = address(token);
        r.specHash = keccak256("manifest");
        r.resources = _resources();
        r.maxPrices = _prices();
        r.maxStartFee = MAX_START_FEE;
        r.maxMinCharge = MIN_CHARGE;
        r.maxReservationFee = RESERVATION_FEE;
        r.deposit = DEPOSIT;
        r.fills = 3;
        r.durationSeconds = TERM;
        r.minNoticeSeconds = 60;
        r.maxNoticeSeconds = 3600;
        r.maxActivationSeconds = 300;
        r.minDowntimeBps = 5_000;
        r.requiredCapabilities = 5;
        r.arbiter = arbiter;
        r.expiresAt = START + 30 days;
    }

    /// @dev The terms that these orders give when they are matched in this block, without an app.
    function _terms(Offer memory o, Request memory r) internal view returns (Terms memory t) {
        t.tenant = r.tenant;
        t.payer = r.sponsor == address(0) ? r.tenant : r.sponsor;
        t.provider = o.provider;
        t.token = r.token;
        t.specHash = r.specHash;
        t.resources = r.resources;
        t.prices = _usedPrices(o.prices, r.resources);
        t.startFee = o.startFee;
        t.minCharge = o.minCharge;
        t.reservationFee = o.reservationFee;
        t.durationSeconds = r.durationSeconds;
        t.noticeSeconds = o.noticeSeconds;
        t.activateBy = uint40(block.timestamp) + o.activationSeconds;
        t.downtimeBps = o.downtimeBps;
        t.arbiter = r.arbiter;
        t.callback = r.callback;
        t.submitSeconds = SUBMIT;
        t.maturitySeconds = MATURITY;
        t.rulingSeconds = RULING;
        t.feeBps = FEE_BPS;
        t.slice = uint96((_rate(t.prices, t.resources) * 2 * MATURITY * SLICE_BPS + 1e13 - 1) / 1e13);
        t.penalty = uint96(uint256(t.slice) * PENALTY_BPS / 10_000);
        t.disputeBond = DISPUTE_BOND;
        t.arbiterFee = ARBITER_FEE;
        t.bounty = BOUNTY;
    }

    /// @dev A copy: the Offer stays as it is.
    function _usedPrices(Prices memory offered, Resources memory r) internal pure returns (Prices memory p) {
        p = abi.decode(abi.encode(offered), (Prices));
        if (r.storageMiB == 0) p.storageMiB = 0;
        if (r.egressKiBps == 0) p.egress = 0;
        if (r.gpuCountA == 0) p.gpuA = 0;
        if (r.gpuCountB == 0) p.gpuB = 0;
    }

    /// @return scaled per second at full load, times 10^9
    function _rate(Prices memory p, Resources memory r) internal pure returns (uint256 scaled) {
        scaled = uint256(p.cpu) * r.cpuMilli + uint256(p.memoryMiB) * r.memoryMiB;
        scaled += uint256(p.storageMiB) * r.storageMiB + uint256(p.egress) * r.egressKiBps;
        scaled += (uint256(p.gpuA) * r.gpuCountA + uint256(p.gpuB) * r.gpuCountB) * 1000;
    }

    /// @dev What the default lease uses at full load in `seconds_`: priced RATE * seconds_.
    function _fullUsage(uint64 seconds_) internal pure returns (Usage memory) {
        return Usage(1000 * seconds_, 1024 * seconds_, 10_240 * seconds_, 100 * seconds_, 2000 * seconds_, 0);
    }

    /// @dev Full load for `seconds_`, measured until now, never down.
    function _receipt(bytes32 leaseId, uint32 seq, uint64 seconds_) internal view returns (UsageReceipt memory) {
        uint40 through = uint40(block.timestamp);
        return UsageReceipt(leaseId, seq, through, _fullUsage(seconds_), 0, keccak256("samples"), false);
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
