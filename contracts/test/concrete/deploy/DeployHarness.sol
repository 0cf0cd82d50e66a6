// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Deploy} from "../../../script/Deploy.s.sol";

/// @title The deployment script with this contract in the place of the account that sends the transactions.
contract DeployHarness is Deploy {
    function deploy(Config calldata config_) external returns (Deployment memory) {
        return _deploy(config_, address(this));
    }

    function config(address sender) external view returns (Config memory) {
        return _config(sender);
    }
}
