// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {Terms, UsageReceipt} from "../../../src/types/Lease.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";

contract SplitTest is LeaseFixture {
    bytes32 private id;
    Terms private terms;
    uint32 private seq;

    function _begin(uint16 royaltyBps, uint16 feeBps) private {
        terms = _default();
        (terms.royaltyTo, terms.royaltyBps, terms.feeBps) = (author, royaltyBps, feeBps);
        // One unit per millicore-second.
        (terms.prices.cpu, terms.resources.cpuMilli) = (1e9, 1e6);
        id = _run(terms);
        vm.warp(START + 1000);
    }

    /// @dev The tenant agrees to `total` units in all.
    function _payUpTo(uint64 total) private {
        _settleAgreed(terms, _units(total));
    }

    function _units(uint64 total) private returns (UsageReceipt memory receipt) {
        receipt = _receipt(id, ++seq, 0);
        receipt.usage.cpuMilliSeconds = total;
    }

    function _assertSplit(uint256 provider_, uint256 royalty, uint256 fee) private view {
        vm.assertEq(_balance(payout), provider_, "provider");
        vm.assertEq(_balance(author), royalty, "royalty");
        vm.assertEq(_balance(treasury), fee, "fee");
        vm.assertEq(_paid(id), provider_ + royalty + fee, "sum");
    }

    function test_FloorsOfTheCumulativeGross() external {
        _begin(1_000, 50);
        _payUpTo(9);
        _assertSplit(9, 0, 0);
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeasePaid(id, provider, 1, 10, 1, 0);
        _payUpTo(10);
        _assertSplit(9, 1, 0);
        _payUpTo(199);
        _assertSplit(180, 19, 0);
        _payUpTo(200);
        _assertSplit(180, 20, 0); // one unit, the step of both: the royalty comes first
        _payUpTo(399);
        _assertSplit(360, 39, 0);
        _payUpTo(500);
        _assertSplit(449, 50, 1);
    }

    /// @dev Tiny settlements dodge nothing but the unit that is two steps at once.
    function test_OneByOne_IsLikeAtOnce() external {
        _begin(0, 100);
        for (uint64 i = 1; i <= 300; ++i) {
            _payUpTo(i);
        }
        _assertSplit(297, 0, 3);
    }

    function test_NoFees() external {
        _begin(0, 0);
        _payUpTo(12_345);
        _assertSplit(12_345, 0, 0);
    }

    function test_HighestRates() external {
        _begin(3_000, 100);
        _payUpTo(99_999);
        _assertSplit(99_999 - 29_999 - 999, 29_999, 999);
    }

    function test_DelegatorsShare_GoesToThePool() external {
        vm.prank(provider);
        registry.announceDelegatorShare(2_000);
        vm.warp(START + 122 days);
        terms = _default();
        terms.activateBy = uint40(block.timestamp);
        id = _run(terms);
        vm.warp(block.timestamp + 100);
        uint256 net = _net(100 * RATE);
        _settleAgreed(terms, _receipt(id, 1, 100));
        vm.assertEq(_balance(payout), net - net / 5, "provider");
        vm.assertEq(registry.stakePool(provider, address(token)).assets, STAKE + net / 5, "pool");
        vm.assertEq(_locked(address(registry)), STAKE + net / 5, "moved in the Vault");
        vm.assertEq(_locked(address(manager)), _lease(id).escrow, "only the escrow is left");
    }

    /// @dev The provider is the author too, the payout is the treasury: one credit each, nothing lost.
    function test_OneAccountInSeveralRoles() external {
        vm.prank(provider);
        registry.update(operator, treasury, 7, "https://dc.example", "");
        _begin(1_000, 50);
        _payUpTo(10_000);
        vm.assertEq(_balance(treasury), 9_000, "provider and fee");
        vm.assertEq(_balance(author), 1_000, "royalty");
    }
}
