// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDisputeManager} from "../../../src/interfaces/IDisputeManager.sol";
import {Lease, Terms} from "../../../src/types/Lease.sol";
import {Court} from "../../utils/Court.sol";

/// @dev A tenant that sees a ruling coming can change its spec in front of it, and with it the terms that the ruling names.
contract CarryOutTest is Court {
    function _expectNothing(uint256 dispute, IDisputeManager.DisputeState state) private {
        vm.expectRevert(abi.encodeWithSelector(IDisputeManager.NothingToCarryOut.selector, dispute, state));
    }

    function test_RevertWhen_ThereIsNothing() external {
        (uint256 dispute,, Terms memory terms) = _disputed();
        _expectNothing(7, IDisputeManager.DisputeState.None);
        disputes.carryOut(7, terms);
        _expectNothing(dispute, IDisputeManager.DisputeState.Open);
        disputes.carryOut(dispute, terms);
        vm.prank(arbiter);
        disputes.rule(dispute, terms, 0);
        _expectNothing(dispute, IDisputeManager.DisputeState.Ruled);
        disputes.carryOut(dispute, terms);
    }

    function test_RevertWhen_TheTermsAreNotThoseOfNow() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        _changeSpec(id, terms);
        vm.prank(arbiter);
        disputes.rule(dispute, terms, 0);
        vm.expectRevert(abi.encodeWithSelector(IDisputeManager.TermsDiffer.selector, id));
        disputes.carryOut(dispute, terms);
    }

    function test_TheRuling() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        Terms memory changed = _changeSpec(id, terms);
        vm.prank(arbiter);
        disputes.rule(dispute, terms, 6e6);
        changed = _changeSpec(id, changed);
        vm.warp(START + 1001 + RULING);
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeManager.DisputeNotOpen.selector, dispute, IDisputeManager.DisputeState.Ruled)
        );
        disputes.draw(dispute, changed);
        manager.collect(id, changed);
        uint256 paid = _balance(payout);
        vm.prank(stranger);
        disputes.carryOut(dispute, changed);
        vm.assertEq(_balance(payout) - paid, _net(6e6) + BOND - ARBITER_FEE, "provider");
        vm.assertEq(manager.lease(id).frozen, 0, "frozen");
    }

    function test_TheConcession() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        Terms memory changed = _changeSpec(id, terms);
        vm.prank(operator);
        disputes.concede(dispute, terms);
        disputes.carryOut(dispute, changed);
        Lease memory l = manager.lease(id);
        vm.assertEq(l.disallowed, 6e6, "payer");
        vm.assertEq(l.slashed, 0, "slashed");
    }

    function test_TheDraw() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        Terms memory changed = _changeSpec(id, terms);
        vm.warp(START + 1001 + RULING);
        disputes.draw(dispute, terms);
        vm.assertEq(manager.lease(id).frozen, 6e6, "waits");
        disputes.carryOut(dispute, changed);
        vm.assertEq(manager.lease(id).disallowed, 3e6, "payer");
        vm.assertEq(manager.lease(id).frozen, 0, "frozen");
    }
}
