// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {Lease, Terms} from "../../../src/types/Lease.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";

/// @dev START is the beginning of a bucket: 1,800,000,000 = 500,000 hours.
contract MaturityTest is LeaseFixture {
    bytes32 private id;
    Terms private terms;

    function setUp() public override {
        super.setUp();
        (id, terms) = _active();
    }

    /// @dev After so many seconds: as many seconds of full load in all.
    function _claimAt(uint32 seq, uint64 after_) private {
        vm.warp(START + after_);
        _settle(terms, _receipt(id, seq, after_));
    }

    function _assertRing(uint256 old, uint256 fresh, uint256 paid) private view {
        Lease memory l = _lease(id);
        vm.assertEq(l.pendingOld, old * RATE, "old");
        vm.assertEq(l.pendingNew, fresh * RATE, "new");
        vm.assertEq(_balance(payout), _net(paid * RATE), "paid");
    }

    function test_OneToTwoBuckets() external {
        _claimAt(1, 0);
        _claimAt(2, MATURITY - 1);
        _assertRing(0, MATURITY - 1, 0);
        _claimAt(3, MATURITY);
        _assertRing(MATURITY - 1, 1, 0);
        _claimAt(4, 2 * MATURITY - 1);
        _assertRing(MATURITY - 1, MATURITY, 0);
        _claimAt(5, 2 * MATURITY);
        _assertRing(MATURITY, 1, MATURITY - 1);
    }

    function test_BothMature_AfterAnEmptyBucket() external {
        _claimAt(1, 100);
        _claimAt(2, MATURITY + 100);
        _assertRing(100, MATURITY, 0);
        _claimAt(3, 3 * MATURITY);
        _assertRing(0, 2 * MATURITY - 100, MATURITY + 100);
    }

    function test_Collect_ExactBoundaries() external {
        _claimAt(1, 100);
        vm.warp(START + 2 * MATURITY - 1);
        vm.assertEq(manager.matured(id, terms), 0, "matured");
        _expectRevert(ILeaseManager.NothingPending.selector, id);
        _collect(id, terms);
        vm.warp(START + 2 * MATURITY);
        vm.assertEq(manager.matured(id, terms), 100 * RATE, "matured");
        uint96 fee = uint96(100 * RATE - _net(100 * RATE));
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeasePaid(id, provider, uint96(100 * RATE), uint96(100 * RATE), 0, fee);
        vm.assertEq(_collect(id, terms), 100 * RATE, "amount");
        _assertRing(0, 0, 100);
        vm.assertEq(manager.matured(id, terms), 0, "nothing more");
        _expectRevert(ILeaseManager.NothingPending.selector, id);
        _collect(id, terms);
    }

    function test_Collect_InTheNextBucket_KeepsTheNewer() external {
        _claimAt(1, 100);
        _claimAt(2, MATURITY + 100);
        vm.warp(START + 2 * MATURITY);
        vm.assertEq(_collect(id, terms), 100 * RATE, "the older");
        _assertRing(MATURITY, 0, 100);
        vm.warp(START + 3 * MATURITY - 1);
        vm.assertEq(manager.matured(id, terms), 0, "not yet");
        vm.warp(START + 3 * MATURITY);
        vm.assertEq(_collect(id, terms), MATURITY * RATE, "the newer");
    }

    function test_Collect_RevertWhen_UnknownOrTermsDiffer() external {
        _expectRevert(ILeaseManager.LeaseUnknown.selector, "?");
        manager.collect("?", terms);
        Terms memory other = _copy(terms);
        other.feeBps = 0;
        _expectRevert(ILeaseManager.TermsDiffer.selector, id);
        manager.collect(id, other);
        _expectRevert(ILeaseManager.TermsDiffer.selector, id);
        manager.matured(id, other);
    }

    function test_ZeroMaturity_IsPaidAtOnce() external {
        terms = _default();
        terms.maturitySeconds = 0;
        id = _run(terms);
        _claimAt(1, 100);
        _assertRing(0, 0, 100);
        _claimAt(2, 150);
        _assertRing(0, 0, 150);
        _expectRevert(ILeaseManager.NothingPending.selector, id);
        _collect(id, terms);
    }

    /// @dev A number of a bucket has 32 bits: with buckets of a second they are used up in 2106. What wraps pays, early.
    function test_BucketsWrap() external {
        terms = _default();
        (terms.maturitySeconds, terms.durationSeconds) = (1, 366 days);
        vm.warp((1 << 32) - 10);
        terms.activateBy = uint40(block.timestamp);
        id = _run(terms);
        vm.warp((1 << 32) - 1);
        _settle(terms, _receipt(id, 1, 9));
        vm.warp(1 << 32);
        vm.assertEq(manager.matured(id, terms), 9 * RATE, "early by a bucket");
        _settle(terms, _receipt(id, 2, 10));
        vm.assertEq(_balance(payout), _net(9 * RATE), "paid");
        vm.warp((1 << 32) + 2);
        vm.assertEq(_collect(id, terms), RATE, "and on as ever");
    }

    function test_CollectMany_SkipsTheBad() external {
        bytes32[] memory ids = new bytes32[](4);
        Terms[] memory all = new Terms[](4);
        for (uint256 i = 0; i < 4; ++i) {
            (ids[i], all[i]) = (_run(_default()), _default());
        }
        vm.warp(START + 100);
        for (uint256 i = 0; i < 3; ++i) {
            _settle(all[i], _receipt(ids[i], 1, 100));
        }
        all[1].penalty += 1;
        vm.warp(START + 2 * MATURITY);
        _expectSkip(ids[1], ILeaseManager.TermsDiffer.selector);
        _expectSkip(ids[3], ILeaseManager.NothingPending.selector);
        vm.prank(stranger);
        manager.collectMany(ids, all);
        vm.assertEq(_balance(payout), 2 * _net(100 * RATE), "two");
        vm.assertEq(_pending(ids[1]), 100 * RATE, "unchanged");
    }

    function test_CollectMany_RevertWhen_TooManyOrUneven() external {
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.BatchTooLarge.selector, 101, 100));
        manager.collectMany(new bytes32[](101), new Terms[](101));
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.LengthsDiffer.selector, 2, 1));
        manager.collectMany(new bytes32[](2), new Terms[](1));
    }

    function test_CollectMany_FreesSlices() external {
        vm.warp(START + 100);
        _close(tenant, id, terms);
        _settle(terms, _final(id, 1, 1000));
        vm.assertEq(_sliced(), SLICE, "stands for what is pending");
        bytes32[] memory ids = new bytes32[](2);
        Terms[] memory all = new Terms[](2);
        (ids[0], ids[1], all[0], all[1]) = (id, id, terms, terms);
        vm.warp(START + 2 * MATURITY);
        _expectSkip(id, ILeaseManager.NothingPending.selector);
        manager.collectMany(ids, all);
        vm.assertEq(_sliced(), 0, "once");
    }
}
