// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDisputeManager} from "../../../src/interfaces/IDisputeManager.sol";
import {Lease, Terms, Usage} from "../../../src/types/Lease.sol";
import {Court} from "../../utils/Court.sol";

contract DrawTest is Court {
    function test_RevertWhen_NotOpen() external {
        (uint256 dispute,, Terms memory terms) = _disputed();
        vm.warp(START + 1001 + RULING);
        disputes.draw(dispute, terms);
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeManager.DisputeNotOpen.selector, dispute, IDisputeManager.DisputeState.Drawn)
        );
        disputes.draw(dispute, terms);
    }

    function test_RevertWhen_TheTermsAreOthers() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        vm.warp(START + 1001 + RULING);
        terms.payer = stranger;
        vm.expectRevert(abi.encodeWithSelector(IDisputeManager.TermsDiffer.selector, id));
        disputes.draw(dispute, terms);
    }

    function test_RevertWhen_ThereIsStillTime() external {
        (uint256 dispute,, Terms memory terms) = _disputed();
        vm.warp(START + 1000 + RULING);
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeManager.RulingNotOver.selector, dispute, START + 1000 + RULING)
        );
        disputes.draw(dispute, terms);
    }

    function test_HalfEach() external {
        (bytes32 id, Terms memory terms) = _claimed();
        Usage memory counter = _fullUsage(400);
        counter.memoryMiBSeconds += 1; // one unit of money
        vm.prank(tenant);
        uint256 dispute = disputes.open(id, terms, counter, 0, 0, BOND, "");
        uint256 before = _balance(tenant);
        vm.warp(START + 1001 + RULING);
        vm.expectEmit(address(disputes));
        emit IDisputeManager.DisputeDrawn(dispute, 3e6 - 1, 3e6);
        vm.prank(stranger);
        disputes.draw(dispute, terms);
        Lease memory l = manager.lease(id);
        vm.assertEq(l.disallowed, 3e6, "payer");
        vm.assertEq(l.frozen, 0, "frozen");
        vm.assertEq(l.slashed, 0, "slashed");
        vm.assertEq(_balance(tenant) - before, BOND, "bond");
        vm.assertEq(_balance(arbiter), 0, "arbiter");
    }
}
