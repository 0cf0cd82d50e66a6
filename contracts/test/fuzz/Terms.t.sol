// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Parameters} from "../../src/interfaces/IParameters.sol";
import {Amendment, LeaseState, Prices, Resources, Terms, Usage, UsageReceipt} from "../../src/types/Lease.sol";
import {LeaseFixture} from "../utils/LeaseFixture.sol";
import {Samples} from "../utils/Samples.sol";

/// @dev Invariants 13 and 16: what was agreed stays, however large it is; and amendments go on from where they begin.
contract TermsFuzz is LeaseFixture {
    function testFuzz_13_ChangesLeaveOpenLeasesAlone(uint256 seed, uint64 used) external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 1000);
        UsageReceipt memory receipt = _receipt(id, 1, uint64(bound(used, 0, 2000)));
        uint256 snapshot = vm.snapshotState();
        uint96 before = _settleAgreed(terms, receipt);
        uint256 earned = _balance(payout);
        vm.revertToState(snapshot);

        vm.startPrank(provider);
        if (seed & 1 != 0) registry.publishPriceBook(address(token), A100, 0, Samples.prices(seed));
        if (seed & 2 != 0) registry.setActive(false);
        if (seed & 4 != 0) registry.update(operator, payout, 0, "https://elsewhere", "moon");
        if (seed & 8 != 0) market.raiseCounter();
        if (seed & 16 != 0) market.cancelOffer(_offer());
        vm.stopPrank();
        vm.startPrank(governor);
        if (seed & 32 != 0) parameters.set(_parametersOf(seed));
        if (seed & 64 != 0) parameters.pauseOpening();
        vm.stopPrank();
        vm.startPrank(tenant);
        if (seed & 128 != 0) market.raiseCounter();
        if (seed & 256 != 0) market.cancelRequest(_request());
        vm.stopPrank();
        vm.assertEq(_settleAgreed(terms, receipt), before, "amount");
        vm.assertEq(_balance(payout), earned, "earned");
    }

    /// @dev Half of the values are maxima, so that they meet.
    function testFuzz_16_ArithmeticNeverOverflows(uint256 a, uint256 b, uint40 seconds_) external view {
        Terms memory terms = Samples.terms(1);
        Prices memory p = Samples.prices(a % 2 == 0 ? 1 : a);
        Resources memory r = Samples.resources(b % 2 == 0 ? 1 : b);
        Usage memory u = Samples.usage(a % 3 == 0 ? 1 : b);
        (terms.prices, terms.resources) = (p, r);
        manager.price(p, u);
        manager.rateCap(p, r, seconds_);
        manager.rateCap(p, r, type(uint40).max);
        manager.closingReserve(terms);
        uint256 due = manager.due(terms, u, type(uint32).max);
        vm.assertLe(due, uint256(terms.startFee) + manager.price(p, u), "a credit takes away");
        terms.downtimeBps = uint16(bound(a, 0, 10_000));
        manager.due(terms, u, uint32(b));
    }

    /// @dev The only thing that stops absurd terms is that nobody can escrow for them.
    function testFuzz_16_MaximalLeaseLives(uint256 seed, uint8 shift, uint96 deposit) external {
        Terms memory terms = _default();
        terms.resources = Samples.resources(1);
        uint96 price = type(uint96).max >> (uint256(shift) % 97);
        terms.prices = Prices(price, price, price, price, price, price);
        (terms.startFee, terms.minCharge) = (uint96(seed), type(uint96).max);
        (terms.durationSeconds, terms.noticeSeconds) = (uint32(366 days), uint32(seed));
        (terms.submitSeconds, terms.downtimeBps) = (type(uint32).max, uint16(seed % 10_001));
        (terms.royaltyTo, terms.royaltyBps, terms.feeBps) = (author, 3_000, 100);
        (terms.maturitySeconds, terms.bounty) = (uint32(seed % 30 days), type(uint96).max);
        deposit = uint96(bound(deposit, 1, type(uint96).max));
        _fund(tenant, type(uint96).max);
        bytes32 id = _run(terms, deposit);

        vm.warp(START + uint256(_shift(seed)) % 366 days);
        UsageReceipt memory receipt = Samples.receipt(1);
        (receipt.leaseId, receipt.seq, receipt.through) = (id, 1, uint40(block.timestamp));
        receipt.downSeconds = uint32(seed);
        _settle(terms, receipt);
        vm.prank(address(disputes));
        manager.freeze(id, terms, type(uint96).max);
        uint96 frozen = _lease(id).frozen;
        vm.prank(address(disputes));
        manager.rule(id, terms, 0, frozen); // sends the escrow around once more
        Amendment memory a = _amendment(id, terms, terms, 2, uint64(seed % 1e6));
        bytes32 digest = manager.amendmentHash(a);
        (bytes memory x, bytes memory y) = (_sign(TENANT_KEY, digest), _sign(OPERATOR_KEY, digest));
        try manager.amend(terms, terms, a, x, y) {} catch {}

        vm.warp(type(uint40).max);
        if (_lease(id).state == LeaseState.Active) _close(stranger, id, terms);
        receipt = Samples.receipt(1);
        receipt.leaseId = id;
        if (_lease(id).state == LeaseState.Closing) _settleAgreed(terms, receipt);
        _assertState(id, LeaseState.Closed);
        vm.assertEq(_lease(id).escrow, 0, "closed by its final receipt");
        vm.assertEq(_locked(address(manager)), _pending(id), "nothing else is held");
    }

    /// @dev With the usage and at the moment of the amendment, due and cap are what they were; new usage costs the new price.
    function testFuzz_AmendmentsGoOn(uint256 seed) external {
        Terms memory terms = _default();
        (terms.minCharge, terms.slice, terms.penalty) = (0, 0, 0);
        bytes32 id = _run(terms);
        uint256 now_ = START;
        uint256 expected;
        uint64 used;
        for (uint32 k = 1; k <= 5; ++k) {
            uint64 step = uint64(1 + uint256(keccak256(abi.encode(seed, k))) % 1000);
            now_ += step;
            vm.warp(now_);
            used += step;
            Terms memory changed = _copy(terms);
            changed.prices.cpu = uint96(uint256(keccak256(abi.encode(seed, k, "cpu"))) % 4e9);
            // Full load: due and cap are the same, but for a unit of rounding on each side.
            expected += manager.rateCap(terms.prices, terms.resources, step);
            _amend(terms, changed, _amendment(id, terms, changed, 2 * k - 1, used));
            vm.assertLe(_apart(_lease(id).claimed, expected), 2 * k, "claimed");
            vm.assertEq(_settle(changed, _receipt(id, 2 * k, 9 * used)), 0, "nothing more in the same second");
            terms = changed;
        }
    }

    function _parametersOf(uint256 seed) private pure returns (Parameters memory p) {
        p = Parameters(uint32(1 + seed % 30 days), uint32(seed % 30 days), RULING, uint16(seed % 101), 0, 0);
    }

    function _apart(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a - b : b - a;
    }

    function _shift(uint256 seed) private pure returns (uint64) {
        return uint64(seed >> 64);
    }
}
