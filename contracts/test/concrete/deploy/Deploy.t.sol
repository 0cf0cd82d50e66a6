// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Deploy} from "../../../script/Deploy.s.sol";
import {IDatacenterRegistry} from "../../../src/interfaces/IDatacenterRegistry.sol";
import {IDisputeManager} from "../../../src/interfaces/IDisputeManager.sol";
import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {IMarket} from "../../../src/interfaces/IMarket.sol";
import {IParameters, Parameters, TokenParameters} from "../../../src/interfaces/IParameters.sol";
import {IResultBoard} from "../../../src/interfaces/IResultBoard.sol";
import {IVault} from "../../../src/interfaces/IVault.sol";
import {Test} from "../../utils/Test.sol";
import {TestToken} from "../../utils/TestToken.sol";
import {DeployHarness} from "./DeployHarness.sol";

contract DeployTest is Test {
    address private governor = address(0x60);
    DeployHarness private script;
    TestToken private token;

    function setUp() external {
        vm.warp(1_800_000_000);
        script = new DeployHarness();
        token = new TestToken();
    }

    function _config(address governor_, uint256 timelockSeconds) private view returns (Deploy.Config memory) {
        Parameters memory parameters = Parameters(1 hours, 1 days, 14 days, 50, 10_000, 1_000);
        return Deploy.Config(
            governor_,
            address(0x61),
            address(0x62),
            address(token),
            address(0x63),
            timelockSeconds,
            30 days,
            parameters,
            TokenParameters(10e6, 2e6, 10_000)
        );
    }

    function _checkToken(Deploy.Deployment memory d, bool there) private view {
        vm.assertEq(IVault(d.vault).isAllowed(address(token)) ? 1 : 0, there ? 1 : 0, "allowed");
        vm.assertEq(IParameters(d.parameters).tokenParameters(address(token)).bounty, there ? 10_000 : 0, "bounty");
    }

    function test_RevertWhen_UnbondingIsTooShort() external {
        Deploy.Config memory c = _config(governor, 0);
        c.unbondingSeconds = 16 days;
        vm.expectRevert(abi.encodeWithSelector(Deploy.UnbondingTooShort.selector, 16 days, 16 days));
        script.deploy(c);
        ++c.unbondingSeconds;
        script.deploy(c);
    }

    function test_DeployerGoverns() external {
        Deploy.Deployment memory d = script.deploy(_config(address(script), 0));
        vm.assertEq(d.timelock, address(0), "timelock");
        vm.assertEq(IVault(d.vault).governor(), address(script), "governor");
        _checkToken(d, true);
    }

    function test_AnotherGoverns() external {
        Deploy.Deployment memory d = script.deploy(_config(governor, 0));
        vm.assertEq(IVault(d.vault).governor(), governor, "vault");
        vm.assertEq(IParameters(d.parameters).governor(), governor, "parameters");
        _checkToken(d, false);
        vm.prank(governor);
        IVault(d.vault).allowToken(address(token));
    }

    function test_Timelock_Governs() external {
        Deploy.Deployment memory d = script.deploy(_config(governor, 7 days));
        vm.assertEq(IVault(d.vault).governor(), d.timelock, "vault");
        vm.assertEq(IParameters(d.parameters).governor(), d.timelock, "parameters");
        vm.assertEq(IParameters(d.parameters).guardian(), address(0x61), "guardian");
        _checkToken(d, true);

        TimelockController timelock = TimelockController(payable(d.timelock));
        vm.assertEq(timelock.getMinDelay(), 7 days, "delay");
        vm.assertTrue(timelock.hasRole(timelock.PROPOSER_ROLE(), governor), "proposes");
        vm.assertTrue(timelock.hasRole(timelock.CANCELLER_ROLE(), governor), "cancels");
        vm.assertTrue(timelock.hasRole(timelock.EXECUTOR_ROLE(), address(0)), "anyone executes");
        vm.assertFalse(timelock.hasRole(timelock.PROPOSER_ROLE(), address(script)), "deployer proposes");
        vm.assertFalse(timelock.hasRole(timelock.CANCELLER_ROLE(), address(script)), "deployer cancels");
        vm.assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), governor), "governor is admin");
        vm.assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(script)), "deployer is admin");
    }

    function test_Timelock_Delays() external {
        Deploy.Deployment memory d = script.deploy(_config(governor, 7 days));
        TimelockController timelock = TimelockController(payable(d.timelock));
        bytes memory call = abi.encodeCall(IVault.allowToken, (address(0x70)));
        vm.prank(governor);
        vm.expectRevert(
            abi.encodeWithSelector(TimelockController.TimelockInsufficientDelay.selector, 7 days - 1, 7 days)
        );
        timelock.schedule(d.vault, 0, call, 0, 0, 7 days - 1);
        vm.prank(governor);
        timelock.schedule(d.vault, 0, call, 0, 0, 7 days);
        bytes32 id = timelock.hashOperation(d.vault, 0, call, 0, 0);
        vm.expectRevert(
            abi.encodeWithSelector(
                TimelockController.TimelockUnexpectedOperationState.selector,
                id,
                bytes32(2 ** uint256(TimelockController.OperationState.Ready))
            )
        );
        timelock.execute(d.vault, 0, call, 0, 0);
        vm.warp(1_800_000_000 + 7 days);
        timelock.execute(d.vault, 0, call, 0, 0);
        vm.assertTrue(IVault(d.vault).isAllowed(address(0x70)), "allowed");
    }

    function test_Timelock_DeployerMayBeTheGovernor_TokenMayBeNone() external {
        Deploy.Config memory c = _config(address(script), 7 days);
        c.token = address(0);
        Deploy.Deployment memory d = script.deploy(c);
        TimelockController timelock = TimelockController(payable(d.timelock));
        vm.assertTrue(timelock.hasRole(timelock.PROPOSER_ROLE(), address(script)), "proposes");
        vm.assertEq(timelock.getMinDelay(), 7 days, "delay");
        _checkToken(d, false);
    }

    function test_ContractsKnowEachOther() external {
        Deploy.Deployment memory d = script.deploy(_config(governor, 1));
        IVault vault = IVault(d.vault);
        vm.assertEq(vault.permit2(), address(0x63), "permit2");
        vm.assertTrue(vault.isManager(d.leaseManager), "leaseManager");
        vm.assertTrue(vault.isManager(d.registry), "registry");
        vm.assertTrue(vault.isManager(d.disputes), "disputes");
        vm.assertTrue(vault.isManager(d.results), "results");
        vm.assertFalse(vault.isManager(d.market), "the market holds no money");

        IDatacenterRegistry registry = IDatacenterRegistry(d.registry);
        vm.assertEq(address(registry.vault()), d.vault, "registry: vault");
        vm.assertEq(registry.leaseManager(), d.leaseManager, "registry: leaseManager");
        vm.assertEq(registry.unbondingSeconds(), 30 days, "registry: unbonding");

        ILeaseManager manager = ILeaseManager(d.leaseManager);
        vm.assertEq(address(manager.vault()), d.vault, "manager: vault");
        vm.assertEq(address(manager.registry()), d.registry, "manager: registry");
        vm.assertEq(manager.market(), d.market, "manager: market");
        vm.assertEq(manager.treasury(), address(0x62), "manager: treasury");
        vm.assertTrue(manager.isJudge(d.disputes), "manager: disputes");
        vm.assertTrue(manager.isJudge(d.results), "manager: results");

        IMarket market = IMarket(d.market);
        vm.assertEq(address(market.leaseManager()), d.leaseManager, "market: leaseManager");
        vm.assertEq(address(market.registry()), d.registry, "market: registry");
        vm.assertEq(address(market.apps()), d.apps, "market: apps");
        vm.assertEq(address(market.parameters()), d.parameters, "market: parameters");
        vm.assertEq(address(IDisputeManager(d.disputes).leaseManager()), d.leaseManager, "disputes: leaseManager");
        vm.assertEq(address(IResultBoard(d.results).leaseManager()), d.leaseManager, "results: leaseManager");
    }

    function test_Defaults() external {
        Deploy.Config memory c = script.config(governor);
        vm.assertEq(c.timelockSeconds, 0, "local");
        vm.chainId(1);
        c = script.config(governor);
        vm.assertEq(c.timelockSeconds, 7 days, "live");
        vm.assertEq(c.governor, governor, "governor");
        vm.assertEq(c.guardian, governor, "guardian");
        vm.assertEq(c.treasury, governor, "treasury");
        vm.assertEq(c.permit2, address(0), "permit2");
        vm.etch(0x000000000022D473030F116dDEE9F6B43aC78BA3, hex"00");
        vm.assertEq(script.config(governor).permit2, 0x000000000022D473030F116dDEE9F6B43aC78BA3, "Uniswap's");
    }
}
