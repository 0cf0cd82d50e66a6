// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDisputeManager} from "../../../src/interfaces/IDisputeManager.sol";
import {Lease, Terms} from "../../../src/types/Lease.sol";
import {Court} from "../../utils/Court.sol";

contract ConcedeTest is Court {
    function test_RevertWhen_NotOpen() external {
        (uint256 dispute,, Terms memory terms) = _disputed();
        vm.prank(operator);
        disputes.concede(dispute, terms);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDisputeManager.DisputeNotOpen.selector, dispute, IDisputeManager.DisputeState.Conceded
            )
        );
        vm.prank(operator);
        disputes.concede(dispute, terms);
    }

    function test_RevertWhen_TheTermsAreOthers() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        terms.provider = stranger;
        vm.expectRevert(abi.encodeWithSelector(IDisputeManager.TermsDiffer.selector, id));
        vm.prank(stranger);
        disputes.concede(dispute, terms);
    }

    function test_RevertWhen_NotTheProvidersSide() external {
        (uint256 dispute,, Terms memory terms) = _disputed();
        address[3] memory callers = [tenant, arbiter, stranger];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IDisputeManager.NotProvider.selector, callers[i]));
            vm.prank(callers[i]);
            disputes.concede(dispute, terms);
        }
    }

    function test_ThePayerIsRight() external {
        address[2] memory callers = [provider, operator];
        for (uint256 i = 0; i < callers.length; ++i) {
            uint256 state = vm.snapshotState();
            (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
            uint256 before = _balance(tenant);
            vm.expectEmit(address(disputes));
            emit IDisputeManager.DisputeConceded(dispute, 6e6);
            vm.prank(callers[i]);
            disputes.concede(dispute, terms);
            Lease memory l = manager.lease(id);
            vm.assertEq(l.escrow, DEPOSIT - 4e6, "escrow");
            vm.assertEq(l.slashed, 0, "slashed");
            vm.assertEq(_balance(tenant) - before, BOND, "bond");
            vm.assertEq(_balance(arbiter), 0, "arbiter");
            vm.revertToState(state);
        }
    }
}
