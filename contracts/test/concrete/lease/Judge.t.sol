// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {Credit, Lease, LeaseState, Terms} from "../../../src/types/Lease.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";

contract JudgeTest is LeaseFixture {
    bytes32 private id;
    Terms private terms;
    address private judge;

    function setUp() public override {
        super.setUp();
        judge = address(disputes);
        (id, terms) = _active();
        vm.warp(START + 1000);
        _settle(terms, _receipt(id, 1, 1000));
    }

    function _freeze(uint256 seconds_) private returns (uint96) {
        vm.prank(judge);
        return manager.freeze(id, terms, uint96(seconds_ * RATE));
    }

    function _rule(uint256 toProvider, uint256 toPayer) private {
        vm.prank(judge);
        manager.rule(id, terms, uint96(toProvider * RATE), uint96(toPayer * RATE));
    }

    function _assertHeld(uint256 old, uint256 fresh, uint256 frozen) private view {
        Lease memory l = _lease(id);
        vm.assertEq(l.pendingOld, old * RATE, "old");
        vm.assertEq(l.pendingNew, fresh * RATE, "new");
        vm.assertEq(l.frozen, frozen * RATE, "frozen");
    }

    function test_RevertWhen_CallerIsNoJudge() external {
        bytes memory why = abi.encodeWithSelector(ILeaseManager.NotJudge.selector, governor);
        vm.startPrank(governor);
        vm.expectRevert(why);
        manager.freeze(id, terms, 1);
        vm.expectRevert(why);
        manager.rule(id, terms, 0, 0);
        vm.expectRevert(why);
        manager.slash(id, terms, 1, _nobody());
    }

    function test_RevertWhen_TermsDiffer() external {
        terms.slice += 1;
        vm.startPrank(judge);
        _expectRevert(ILeaseManager.TermsDiffer.selector, id);
        manager.freeze(id, terms, 1);
        _expectRevert(ILeaseManager.TermsDiffer.selector, id);
        manager.rule(id, terms, 0, 0);
        _expectRevert(ILeaseManager.TermsDiffer.selector, id);
        manager.slash(id, terms, 1, _nobody());
        _expectRevert(ILeaseManager.LeaseUnknown.selector, "?");
        manager.freeze("?", terms, 1);
    }

    // Freezing.

    function test_Freeze_NewestFirst() external {
        vm.warp(START + MATURITY);
        _settle(terms, _receipt(id, 2, 1500));
        vm.expectEmit(address(manager));
        emit ILeaseManager.ClaimFrozen(id, uint96(700 * RATE));
        vm.assertEq(_freeze(700), 700 * RATE, "frozen");
        _assertHeld(800, 0, 700);
        vm.assertEq(_freeze(1000), 800 * RATE, "as much as is pending");
        _assertHeld(0, 0, 1500);
        vm.assertEq(_freeze(1), 0, "nothing more");
    }

    function test_Freeze_NotWhatHasMatured() external {
        vm.warp(START + MATURITY);
        _settle(terms, _receipt(id, 2, 1500));
        vm.warp(START + 2 * MATURITY);
        vm.assertEq(_freeze(1500), 500 * RATE, "the newer part");
        vm.assertEq(_balance(payout), _net(1000 * RATE), "the older one is paid");
        vm.warp(START + 10 * MATURITY);
        vm.assertEq(manager.matured(id, terms), 0, "does not mature");
        _expectRevert(ILeaseManager.NothingPending.selector, id);
        _collect(id, terms);
    }

    function test_Freeze_LetsTheRestGoOn() external {
        _freeze(600);
        vm.warp(START + 2000);
        vm.assertEq(_settle(terms, _receipt(id, 2, 2000)), 1000 * RATE, "new claims");
        _settleAgreed(terms, _receipt(id, 3, 2000));
        vm.assertEq(_balance(payout), _net(1400 * RATE), "countersigned, but for what is frozen");
        _assertHeld(0, 0, 600);
    }

    // Ruling.

    function test_Rule_RevertWhen_MoreThanIsFrozen() external {
        _freeze(600);
        bytes4 why = ILeaseManager.TermOutOfRange.selector;
        vm.expectRevert(abi.encodeWithSelector(why, "ruled", 601 * RATE, 0, 600 * RATE));
        _rule(1, 600);
    }

    function test_Rule_ToBoth() external {
        _freeze(600);
        uint256 escrow = _lease(id).escrow;
        vm.expectEmit(address(manager));
        emit ILeaseManager.ClaimRuled(id, uint96(200 * RATE), uint96(400 * RATE));
        _rule(200, 400);
        Lease memory l = _lease(id);
        vm.assertEq(l.escrow, escrow + 400 * RATE, "back in the escrow");
        vm.assertEq(l.disallowed, 400 * RATE, "disallowed");
        vm.assertEq(l.claimed, 1000 * RATE, "claimed");
        _assertHeld(0, 400, 0);
        vm.assertEq(_balance(payout), _net(200 * RATE), "provider");
        // What was disallowed cannot be claimed again.
        vm.assertEq(_settle(terms, _receipt(id, 2, 1000)), 0, "again");
        vm.warp(START + 2000);
        vm.assertEq(_settle(terms, _receipt(id, 3, 2000)), 1000 * RATE, "only what is new");
        _settleAgreed(terms, _receipt(id, 4, 2000));
        vm.assertEq(_balance(payout), _net(1600 * RATE), "all but the disallowed");
    }

    function test_Rule_InParts() external {
        _freeze(600);
        _rule(100, 0);
        _rule(0, 200);
        _rule(300, 0);
        vm.assertEq(_lease(id).frozen, 0, "frozen");
        vm.assertEq(_balance(payout), _net(400 * RATE), "provider");
    }

    /// @dev What has matured meanwhile waits for its own call; the fee is still a floor of all.
    function test_Rule_AfterMaturity() external {
        _freeze(600);
        vm.warp(START + 5 * MATURITY);
        _rule(600, 0);
        vm.assertEq(_balance(payout), _net(600 * RATE), "ruled");
        vm.assertEq(_collect(id, terms), 400 * RATE, "matured");
        vm.assertEq(_balance(payout), _net(1000 * RATE), "both");
    }

    /// @dev What was taken back stays claimed: the number goes above the cap, what the provider gets does not.
    function test_Rule_ThenTheMinimumIsToppedUp_ToWhatIsLeft() external {
        _freeze(1000);
        _rule(50, 950);
        _close(tenant, id, terms);
        _settle(terms, _final(id, 2, 50));
        vm.assertEq(_lease(id).claimed, 950 * RATE + MIN_CHARGE, "claimed");
        vm.assertEq(_balance(payout), _net(MIN_CHARGE), "provider");
        vm.assertEq(_balance(tenant), 5 * DEPOSIT - MIN_CHARGE, "payer");
        vm.assertEq(_locked(address(manager)), 0, "locked");
    }

    function test_Rule_OfAClosedLease_RefundsThePayer_FreesTheSlice() external {
        _close(tenant, id, terms);
        _freeze(1000);
        _settle(terms, _final(id, 2, 1000));
        _assertState(id, LeaseState.Closed);
        vm.assertEq(_sliced(), SLICE, "the slice stands for it");
        uint256 before = _balance(tenant);
        _rule(0, 600);
        vm.assertEq(_balance(tenant), before + 600 * RATE, "payer");
        vm.assertEq(_lease(id).escrow, 0, "escrow");
        vm.assertEq(_sliced(), SLICE, "there is more in dispute");
        _rule(400, 0);
        vm.assertEq(_sliced(), 0, "slice");
        vm.assertEq(_locked(address(manager)), 0, "locked");
    }

    /// @dev What is claimed cumulates, also when a ruling sends the escrow around: it stops where the number would end.
    function test_Rule_SendsAMaximalEscrowAround() external {
        uint96 most = type(uint96).max;
        terms = _default();
        (terms.prices.cpu, terms.resources.cpuMilli) = (most, 1e6);
        _fund(tenant, most);
        vm.warp(START);
        id = _run(terms, most);
        vm.warp(START + 1e9);
        vm.assertEq(_settle(terms, _receipt(id, 1, 1e9)), most, "all of it");
        vm.startPrank(judge);
        manager.freeze(id, terms, most);
        manager.rule(id, terms, 0, most - 7);
        vm.stopPrank();
        vm.assertEq(_lease(id).escrow, most - 7, "back");
        vm.assertEq(_settle(terms, _receipt(id, 2, 1e9)), 0, "nothing more, and no revert");
        vm.assertEq(_lease(id).claimed, most, "claimed");
        _close(stranger, id, terms);
        _settle(terms, _final(id, 3, 1e9));
        vm.assertEq(_locked(address(manager)), DEPOSIT + 7, "only what is in dispute is left, and the other lease");
    }

    // Slashing.

    function test_Slash_ToThoseNamed() external {
        Credit[] memory credits = new Credit[](1);
        credits[0] = Credit(tenant, 10e6);
        uint256 before = _balance(tenant);
        vm.expectEmit(address(manager));
        emit ILeaseManager.SliceSlashed(id, provider, 15e6);
        vm.prank(judge);
        vm.assertEq(manager.slash(id, terms, 15e6, credits), 15e6, "taken");
        vm.assertEq(_balance(tenant), before + 10e6, "credit");
        vm.assertEq(_lease(id).slashed, 15e6, "slashed");
        vm.assertEq(_sliced(), SLICE - 15e6, "slice");
        vm.assertEq(_locked(address(registry)), STAKE - 15e6, "stake");
    }

    function test_Slash_TheSliceAtMost() external {
        vm.startPrank(judge);
        vm.assertEq(manager.slash(id, terms, SLICE - 1, _nobody()), SLICE - 1, "all but one");
        vm.assertEq(manager.slash(id, terms, SLICE, _nobody()), 1, "the last");
        vm.assertEq(manager.slash(id, terms, 1, _nobody()), 0, "nothing left");
        vm.assertEq(_lease(id).slashed, SLICE, "slashed");
    }

    function test_Slash_NothingOnceTheSliceIsFree() external {
        _close(tenant, id, terms);
        _settleAgreed(terms, _final(id, 2, 1000));
        vm.prank(judge);
        vm.assertEq(manager.slash(id, terms, 1, _nobody()), 0, "freed");
        (bytes32 other, Terms memory t) = _reserved();
        vm.prank(judge);
        vm.assertEq(manager.slash(other, t, 1, _nobody()), 0, "never activated");
        vm.prank(operator);
        manager.refuse(other, t);
        vm.prank(judge);
        vm.assertEq(manager.slash(other, t, 1, _nobody()), 0, "given back");
    }

    function test_Slash_OfOneLease_LeavesTheOthers() external {
        (bytes32 other, Terms memory t) = _active();
        vm.prank(judge);
        manager.slash(id, terms, SLICE, _nobody());
        vm.assertEq(_sliced(), SLICE, "the other slice");
        vm.prank(judge);
        vm.assertEq(manager.slash(other, t, SLICE, _nobody()), SLICE, "is whole");
    }
}
