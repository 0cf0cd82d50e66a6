// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../src/interfaces/ILeaseManager.sol";
import {Offer, Prices, Request, Resources, Terms, Usage, UsageReceipt} from "../../src/types/Lease.sol";
import {Fixture} from "../utils/Fixture.sol";
import {Samples} from "../utils/Samples.sol";

/// @dev Invariants 13 and 16: what was agreed stays, however large it is.
contract TermsFuzz is Fixture {
    function testFuzz_13_ChangesLeaveOpenLeasesAlone(uint256 seed, uint64 used) external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 1000);
        UsageReceipt memory receipt = _receipt(id, 1, uint64(bound(used, 0, 2000)));
        uint256 snapshot = vm.snapshotState();
        uint96 before = _settle(terms, receipt);
        vm.revertToState(snapshot);

        vm.startPrank(provider);
        if (seed & 1 != 0) registry.publishPriceBook(address(token), A100, 0, Samples.prices(seed));
        if (seed & 2 != 0) registry.setActive(false);
        if (seed & 4 != 0) registry.update(operator, payout, 0, "https://elsewhere", "moon");
        if (seed & 8 != 0) manager.raiseCounter();
        if (seed & 16 != 0) manager.cancelOffer(_offer());
        vm.stopPrank();
        vm.startPrank(tenant);
        if (seed & 32 != 0) manager.raiseCounter();
        if (seed & 64 != 0) manager.cancelRequest(_request());
        vm.stopPrank();
        vm.assertEq(_settle(terms, receipt), before, "amount");
    }

    /// @dev Half of the values are maxima, so that they meet.
    function testFuzz_16_ArithmeticNeverOverflows(uint256 a, uint256 b, uint40 seconds_) external view {
        Prices memory p = Samples.prices(a % 2 == 0 ? 1 : a);
        Resources memory r = Samples.resources(b % 2 == 0 ? 1 : b);
        Usage memory u = Samples.usage(a % 3 == 0 ? 1 : b);
        manager.price(p, u);
        manager.rateCap(p, r, seconds_);
        manager.rateCap(p, r, type(uint40).max);
        Terms memory terms = Samples.terms(1);
        (terms.prices, terms.resources) = (p, r);
        manager.closingReserve(terms);
    }

    /// @dev The only thing that stops absurd terms is that nobody can escrow for them.
    function testFuzz_16_MaximalLeaseLives(uint256 seed, uint8 shift) external {
        Offer memory o = _offer();
        Request memory r = _request();
        o.resources = Samples.resources(1);
        r.resources = Samples.resources(1);
        o.prices = _scaled(Samples.prices(1), uint256(shift) % 97);
        r.maxPrices = Samples.prices(1);
        (o.minCharge, r.maxMinCharge) = (uint96(seed % type(uint88).max), type(uint96).max);
        (r.deposit, r.durationSeconds) = (type(uint96).max, uint32(366 days));
        (o.noticeSeconds, r.minNoticeSeconds, r.maxNoticeSeconds) = (uint32(seed), 0, type(uint32).max);
        _fund(tenant, type(uint96).max);
        uint256 needed = manager.closingReserve(_terms(o, r)) + o.minCharge;
        if (needed > r.deposit) {
            bytes memory a = _sign(OPERATOR_KEY, manager.offerHash(o));
            bytes memory b = _sign(TENANT_KEY, manager.requestHash(r));
            vm.expectRevert(abi.encodeWithSelector(ILeaseManager.DepositTooLow.selector, r.deposit, needed));
            manager.matchOrders(o, a, r, b);
            return;
        }
        (bytes32 id, Terms memory terms) = _match(o, r);
        vm.prank(operator);
        manager.activate(id, terms);
        vm.warp(type(uint40).max);
        vm.prank(stranger);
        manager.close(id, terms);
        UsageReceipt memory receipt = Samples.receipt(1);
        receipt.leaseId = id;
        _settle(terms, receipt);
        vm.assertEq(manager.lease(id).escrow, 0, "closed by its final receipt");
    }

    function _scaled(Prices memory p, uint256 shift) private pure returns (Prices memory) {
        uint96 price = uint96(p.cpu >> shift);
        return Prices(price, price, price, price, price, price);
    }
}
